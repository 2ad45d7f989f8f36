# Words of the booth: votes, ballots, receipts.

# The list of votes.
votes-title = Votes
votes-lead = Chaque vote a son bulletin. Vous pouvez les remplir l’un après l’autre, dans l’ordre de votre choix.
votes-none = Aucun vote pour le moment
votes-none-text = Dès qu’un vote est annoncé, il apparaît ici.
votes-sign-in = Tout le monde peut lire. Pour voter, vous devrez vous connecter avec votre courrier ou votre adresse électronique.
votes-open = Ouverts maintenant
votes-coming = À venir
votes-over = Terminés
votes-receipts = Vérifier avec un reçu qu’un bulletin est compté
votes-opens = Ouvre le { $time }
votes-until = Ouvert jusqu’au { $time }
votes-closed = Était ouvert jusqu’au { $time }
votes-for-districts = Pour les habitants de : { $districts }
votes-petition = Pétition
votes-state-open = Ouvert
votes-state-paused = Suspendue
votes-state-to-sign = À signer
votes-state-over = Close
votes-state-coming = À venir
votes-state-called-off = Annulé
votes-state-sealed = Dépouillé
votes-state-counting = Dépouillement en cours

# The ballot.
vote-open-until = Ouvert jusqu’au { $time }.
vote-recast-allowed = Jusque-là, vous pouvez modifier votre bulletin ; le dernier compte.
vote-recast-not-allowed = Une fois déposé, un bulletin ne peut plus être modifié.
vote-district = Votre bulletin comptera pour : { $district }.
vote-rules = Comment voter
vote-how-choose = Cochez ce que vous voulez voir réalisé.
vote-how-one = Choisissez ce que vous préférez.
vote-how-points = Répartissez vos points : écrivez combien chacun en reçoit. Une case vide n’en donne aucun.
vote-how-score = Donnez une note à ce que vous voulez évaluer. Une case vide n’évalue rien.
vote-how-ranking = Numérotez ce que vous voulez, en commençant par 1 pour ce que vous préférez. Laissez les autres cases vides.
vote-rule-choices-min = Choisissez-en au moins { $min }.
vote-rule-choices-max = Choisissez-en { $max } au plus.
vote-rule-choices-exact = Choisissez-en exactement { $count }.
vote-rule-choices-between = Choisissez-en de { $min } à { $max }.
vote-rule-cost-min = L’ensemble doit coûter au moins { $min }.
vote-rule-cost-max = L’ensemble peut coûter { $max } au plus.
vote-rule-cost-between = L’ensemble doit coûter entre { $min } et { $max }.
vote-rule-points-min =
    { PLURAL($min) ->
        [one] Donnez au moins { $min } point en tout.
        [many] Donnez au moins { $min } de points en tout.
       *[other] Donnez au moins { $min } points en tout.
    }
vote-rule-points-max =
    { PLURAL($max) ->
        [one] Vous avez { $max } point en tout.
        [many] Vous avez { $max } de points en tout.
       *[other] Vous avez { $max } points en tout.
    }
vote-rule-points-exact =
    { PLURAL($count) ->
        [one] Donnez exactement { $count } point en tout.
        [many] Donnez exactement { $count } de points en tout.
       *[other] Donnez exactement { $count } points en tout.
    }
vote-rule-points-between = Donnez de { $min } à { $max } points en tout.
vote-rule-points-each-min =
    { PLURAL($min) ->
        [one] Ce que vous choisissez reçoit au moins { $min } point.
        [many] Ce que vous choisissez reçoit au moins { $min } de points.
       *[other] Ce que vous choisissez reçoit au moins { $min } points.
    }
vote-rule-points-each = Ce que vous choisissez reçoit de { $min } à { $max } points.
vote-rule-category = Dans la catégorie « { $category } » : { $rule }
vote-rule-one-of = Choisissez au plus l’un de ceux-ci : { $titles }.
vote-options = Le choix
vote-shown =
    { PLURAL($all) ->
        [one] { $shown } sur { $all } affiché. Ce que vous avez choisi est conservé.
       *[other] { $shown } sur { $all } affichés. Ce que vous avez choisi est conservé.
    }
vote-category = Catégorie
vote-all-categories = Toutes les catégories
vote-find = Mot du titre
vote-show = Afficher
vote-about = En savoir plus
vote-read-all = Lire le texte complet (nouvel onglet)
vote-no-room = Ne tient plus avec ce que vous avez choisi.
vote-points-unit = points
vote-rank-unit = rang
vote-chosen = Votre choix
vote-chosen-none = Rien pour le moment.
vote-remove = Retirer
vote-up = Monter
vote-down = Descendre
vote-rank-add = Ajouter à mon choix
vote-count = Choisis
vote-cost = Coût
vote-left = Reste
vote-points = Points donnés
vote-points-left = Points restants
vote-of = sur { $all }
vote-update = Mettre à jour le total
vote-see-chosen = Voir mon choix
vote-check = Vérifier mon bulletin
vote-leave = Quitter sans voter

# What is wrong with a ballot.
vote-same-rank = « { $title } » a le même rang qu’un autre. Donnez à chacun son propre numéro.
vote-not-a-rank = Le rang de « { $title } » doit être un nombre entier à partir de 1, ou rester vide.
vote-not-points = Les points de « { $title } » doivent être un nombre entier, ou rester vides.
vote-broken-choices = Vous en avez choisi { $count }.
vote-broken-cost = L’ensemble coûte { $cost }.
vote-broken-points =
    { PLURAL($count) ->
        [one] Vous avez donné { $count } point.
        [many] Vous avez donné { $count } de points.
       *[other] Vous avez donné { $count } points.
    }
vote-broken-points-each =
    { PLURAL($count) ->
        [one] « { $title } » a { $count } point.
        [many] « { $title } » a { $count } de points.
       *[other] « { $title } » a { $count } points.
    }
vote-refused-rule = Le bulletin enfreint une règle de ce vote : { $rule }

# The check.
vote-check-title = Vérifiez votre bulletin
vote-blank = Votre bulletin est vide
vote-blank-text = Vous pouvez le déposer ainsi. Il compte dans la participation et ne choisit rien.
vote-choice-points =
    { PLURAL($count) ->
        [one] { $count } point
        [many] { $count } de points
       *[other] { $count } points
    }
vote-check-recast = Vous pouvez modifier votre bulletin jusqu’au { $time }. Le dernier compte.
vote-check-final = Une fois déposé, votre bulletin ne peut plus être modifié.
vote-check-secret = Votre bulletin est envoyé sans votre nom, votre numéro ni votre session. Personne ne sait comment vous avez voté.
vote-cast = Déposer mon bulletin
vote-change = Le modifier

# Why a ballot cannot be cast.
vote-all = Tous les votes
vote-look-up = Vérifier un reçu
vote-see-result = Voir le résultat
vote-try-again = Réessayer
vote-too-early = Ce vote n’est pas encore ouvert
vote-too-early-text = Il ouvre le { $time } (heure de { $zone }). Revenez à ce moment-là ; votre courrier reste valable.
vote-too-late = Ce vote est terminé
vote-too-late-text = Il était ouvert jusqu’au { $time } (heure de { $zone }). Aucun bulletin n’est plus accepté. Si vous en avez déposé un à temps, il compte : votre reçu le montre.
vote-closed-early = Il a été clos avant l’heure :
vote-called-off = Ce vote a été annulé
vote-called-off-text = Il n’aura pas de résultat. Les bulletins déposés ne comptent pas. La raison donnée :
vote-not-eligible = Vous ne pouvez pas voter ici
vote-not-eligible-roll = Vous ne figurez pas sur la liste électorale de ce vote.
vote-not-eligible-district = Ce vote est réservé aux habitants d’autres quartiers que le vôtre.
vote-not-eligible-age-unknown = Ce vote a un âge minimal, et la liste électorale n’indique pas votre date de naissance.
vote-not-eligible-age = Vous n’aviez pas l’âge minimal de ce vote le jour de son ouverture.
vote-not-eligible-other = Vous ne remplissez pas les conditions de ce vote.
vote-not-eligible-text = Si vous pensez qu’il s’agit d’une erreur, écrivez à { $organization }. D’autres votes vous sont peut-être ouverts.
vote-staff = Cette session ne permet pas de voter
vote-staff-text = Vous êtes connecté en tant que membre de l’équipe. Pour voter comme habitant, connectez-vous avec votre courrier.
vote-staff-sign-in = Me connecter avec mon courrier
vote-not-ready = Ce vote est en cours de préparation
vote-not-ready-text = Il vient d’être créé. Réessayez dans quelques secondes.
vote-on-paper = Vous avez voté sur papier
vote-on-paper-text = Votre bulletin papier est compté, et ne peut plus être modifié en ligne. Si vous n’avez pas voté sur papier, écrivez à { $organization }.
vote-already-cast = Un bulletin a déjà été déposé
vote-already-cast-text = Dans ce vote, un bulletin ne peut pas être modifié. Le premier compte, et celui que vous venez d’envoyer ne compte pas.
vote-already-cast-not-me = Si ce n’était pas vous, quelqu’un d’autre a peut-être votre courrier : écrivez à { $organization }.
vote-permit-gone = Ce formulaire est trop ancien
vote-permit-gone-text = Rien n’a été compté. Pour votre sécurité, un bulletin n’est valable qu’un certain temps. Ouvrez-en un nouveau ; ce que vous aviez choisi figure ci-dessous, pour que vous puissiez le choisir à nouveau.
vote-permit-new = Ouvrir un nouveau bulletin (nouvel onglet)
vote-permit-gone-choice = Ce que vous aviez choisi
vote-no-answer = Votre réponse n’est pas arrivée
vote-no-answer-text = Beaucoup de personnes votent en ce moment, ou la connexion a été perdue. Envoyez-la à nouveau : elle compte une fois, même envoyée plusieurs fois. Votre choix est conservé sur cette page.
vote-no-check = Votre bulletin n’a pas pu être vérifié
vote-no-check-text = Rien n’est perdu : votre choix est conservé sur cette page. Envoyez-le à nouveau.
vote-send-again = Envoyer à nouveau

# The receipt.
receipt-title = Votre bulletin est dans l’urne
receipt-code = Votre code de suivi
receipt-revision = C’est votre bulletin numéro { $revision } dans ce vote. Il remplace les précédents.
receipt-keep = Conservez ce reçu
receipt-keep-text = Imprimez cette page, notez le code ou scannez l’image. Sans lui, personne ne peut retrouver votre bulletin, pas même nous.
receipt-print = Imprimer
receipt-means = Ce que cela signifie
receipt-means-stored = Votre bulletin est enregistré et compté.
receipt-means-secret = Le code ne dit ni ce que vous avez voté, ni qui vous êtes. Quiconque le possède peut voir qu’un bulletin compte, et rien d’autre.
receipt-means-list = À la fin du vote, la liste de tous les codes est publique : le vôtre doit y figurer.
receipt-change = Modifier votre bulletin
receipt-change-until = Vous pouvez déposer un autre bulletin jusqu’au { $time }. Le dernier compte, et son reçu porte un autre code.
receipt-change-not = Ce bulletin est définitif.
receipt-change-do = Modifier mon bulletin
receipt-others = Les autres votes
receipt-shared-device = Sur un appareil partagé, déconnectez-vous et fermez cette page.
receipts-title = Un bulletin est-il compté ?
receipts-lead = Avec le code de suivi d’un reçu, chacun peut vérifier que son bulletin est compté. Rien n’est dit de l’électeur ni du bulletin.
receipts-none = Il n’y a pas encore de reçus
receipts-none-text = Aucun vote n’a encore ouvert.
receipts-poll = Vote
receipts-code = Code de suivi
receipts-code-hint = Tel qu’il figure sur le reçu. Les majuscules, espaces et tirets n’ont pas d’importance.
receipts-do = Vérifier
receipts-counted = Ce bulletin est compté
receipts-counted-open = Il est dans l’urne et compte, sauf si l’électeur le remplace par un autre avant la fin.
receipts-counted-over = Il était dans l’urne à la fin et fait partie du résultat.
receipts-replaced = Ce bulletin a été remplacé
receipts-replaced-text = Le même électeur en a déposé un plus récent, qui compte à sa place. Celui-ci était le numéro { $revision } sur { $latest }.
receipts-unknown = Aucun bulletin ne porte ce code
receipts-unknown-text = Aucun bulletin de ce vote ne porte le code { $code }. Vérifiez qu’il s’agit du bon vote. Si c’est le cas, gardez votre reçu et écrivez aux organisateurs : cela ne devrait pas arriver.
receipts-mistyped = Ce n’est pas un code de suivi : une lettre ou un chiffre est faux ou manque.
receipts-list = La liste de tous les codes
receipts-list-text =
    { PLURAL($count) ->
        [one] { $count } code de bulletin déposé en ligne est publié. L’empreinte de la liste :
        [many] { $count } de codes de bulletins déposés en ligne sont publiés. L’empreinte de la liste :
       *[other] { $count } codes de bulletins déposés en ligne sont publiés. L’empreinte de la liste :
    }
receipts-other-poll = Un autre vote
sign-in-email-shared = D’autres personnes utilisent cette adresse, ou vous faites aussi partie de l’équipe
sign-in-email-number = Votre numéro, indiqué sur votre courrier
sign-in-email-number-hint = Nécessaire seulement si plusieurs personnes inscrites ont cette adresse e-mail.
sign-in-email-as-member = Je fais partie de l’équipe et je veux me connecter pour voter.
sign-in-email-number-missing = Plusieurs personnes inscrites ont cette adresse. Saisissez le numéro indiqué sur votre courrier pour que nous sachions qui vous êtes.
