# Mots de l’inscription et du compte des participants.

# S’inscrire.
register-title = Créer un compte
register-lead = Avec un compte, vous déposez des propositions sous le nom de votre choix. Il n’y a pas de mot de passe : nous envoyons un code à votre adresse, valable dix minutes.
register-not-to-vote = Pour voter, un compte n’est pas nécessaire : le courrier suffit.
register-email-hint = Par exemple nom@exemple.fr. Elle n’est montrée à personne.
register-have-one = J’ai déjà un compte, ou un courrier
register-sent = Un code est envoyé à { $email }.
register-nothing-came-text = Regardez dans les indésirables, et vérifiez l’adresse.
register-go-on = Continuer
register-closed = Les inscriptions ne sont pas ouvertes
register-closed-text = { $organization } n’ouvre pas de comptes ici. Pour voter, connectez-vous avec votre courrier.
register-none-yet = Pas encore de compte ?
register-none-yet-text = Une adresse électronique suffit.

# Ce qu’il faut avant d’écrire.
account-welcome = Encore trois choses
account-welcome-text = Votre adresse est confirmée. Avant d’écrire ici, choisissez un nom et acceptez les conditions.
account-welcome-go-on = Continuer
account-welcome-later = Plus tard
account-welcome-not-to-vote = Pour lire et pour voter, rien de cela n’est nécessaire.
account-name = Nom affiché
account-name-hint = Affiché à côté de ce que vous écrivez : 2 à 60 caractères, votre nom ou un pseudonyme. Vous pourrez le changer.
account-name-missing = Choisissez le nom à afficher.
account-name-wrong = Choisissez un nom de 2 à 60 caractères, avec au moins une lettre, sans adresse ni caractères invisibles.
account-name-none = Pas encore choisi
account-terms-read = Lire les conditions d’utilisation (nouvel onglet)
account-terms-accept = J’accepte les conditions d’utilisation.
account-terms-missing = Cochez la case si vous acceptez les conditions d’utilisation.
account-terms-changed = Les conditions d’utilisation ont changé
account-terms-changed-text = { $organization } a modifié ses conditions. Lisez-les avant de continuer à écrire ici.
account-terms-changed-now = Les conditions viennent de changer
account-terms-changed-now-text = Relisez-les, puis cochez la case une nouvelle fois.
account-age-declare = J’ai 15 ans ou plus.
account-age-missing = Cochez la case si vous avez 15 ans ou plus. En dessous de cet âge, on ne peut pas ouvrir de compte.

# Le compte.
account-incomplete = Il manque encore quelque chose pour écrire ici
account-incomplete-text = Choisissez un nom et acceptez les conditions d’utilisation.
account-incomplete-go = Terminer l’inscription
account-language = Langue
account-language-hint = Celle de nos courriels.
account-profile = Nom et langue
account-save = Enregistrer
account-saved = C’est enregistré.
account-back = Retour à mon compte
account-none = Vous êtes connecté sans compte
account-none-text = Cette page concerne les comptes de participants. Avec un courrier ou en tant que membre de l’équipe, il n’y en a pas.
account-member-register = Pour écrire sous un nom, ouvrez un compte :

# Les sessions.
account-own-sessions = Mes sessions
account-own-sessions-text = Seul le jour du début est conservé, avec le type d’appareil. Une session prend fin d’elle-même après quelques heures.
account-session-present = { $device }, depuis le { $day } (cette session)
account-session-other = { $device }, depuis le { $day }
account-session-end = Mettre fin à : { $session }
account-session-ended = La session a pris fin.
account-device-computer = Ordinateur
account-device-phone = Téléphone
account-device-tablet = Tablette
account-device-unknown = Appareil inconnu

# Les données.
account-data = Toutes mes données
account-data-since = Inscrit le
account-data-terms = Conditions acceptées
account-data-terms-version = Version { $version }, le { $day }
account-data-age = 15 ans ou plus, déclaré le
account-data-associations = Associations au nom desquelles vous écrivez
account-data-none = Aucune
account-data-roll-entry = Ce que dit la liste électorale
account-data-proposals = Ce que vous avez écrit
account-data-no-proposals = Rien pour le moment.

# Effacer.
account-erase-account-text = Vous pouvez faire effacer votre compte. Ce que vous avez écrit reste, sans votre nom.
account-erase-account-data = Votre nom, votre adresse, votre langue et vos sessions sont effacés, ainsi que le lien avec la liste électorale.
account-erase-written = Ce que vous avez écrit reste lisible, sans nom. Vous ne pourrez plus le modifier ni le retirer.
account-erase-roll = Effacer aussi mon inscription sur la liste électorale
account-erase-roll-hint = Vous ne pourrez plus voter. Sans cela, votre courrier reste valable.

# Devenir habitant vérifié.
account-resident = Habitant vérifié
account-resident-title = Devenir habitant vérifié
account-resident-no = Pas encore
account-resident-yes = Oui, d’après la liste
account-resident-case-state = L’équipe examine votre demande
account-resident-lead = Une fois votre compte relié à la liste électorale, vous votez avec lui. Cela se fait une fois par liste, et chaque personne n’a qu’un compte. Votre bulletin reste secret : rien ne le relie à votre compte.
account-resident-done = Votre compte est celui d’un habitant vérifié
account-resident-votes = Voir les votes
account-resident-by-roll = Avec mon adresse électronique
account-resident-by-roll-text = La liste électorale comporte la même adresse que votre compte.
account-resident-by-roll-do = Relier mon compte à la liste
account-resident-by-letter = Avec mon courrier
account-resident-by-letter-do = Vérifier
account-resident-already = Votre compte est déjà relié à une autre personne de cette liste.
account-resident-not-in-roll = Votre adresse ne figure pas une seule fois sur la liste. Utilisez votre courrier.
account-resident-case = L’équipe va examiner votre demande
account-resident-case-text = Le numéro et le code sont les bons, mais un autre compte est déjà relié à cette personne. L’équipe de { $organization } en est avertie et vous répondra.
account-resident-case-forgotten = Si cet autre compte est le vôtre, connectez-vous avec son adresse : vous n’avez rien d’autre à faire.
account-resident-case-stolen = Si ce n’est pas le vôtre, quelqu’un a peut-être utilisé votre courrier. Dites-le à l’équipe.
account-resident-case-vote = En attendant, vous pouvez voter en vous connectant avec votre courrier. Votre voix ne compte qu’une fois.
account-resident-vote = Votre compte n’est pas encore relié à la liste électorale
account-resident-vote-text = Munissez-vous de votre courrier, ou utilisez l’adresse que la liste connaît.
