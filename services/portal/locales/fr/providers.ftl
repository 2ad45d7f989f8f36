# Mots de la connexion à un compte par un service d’identité.

# La page de connexion.
with-section = Avec un service d’identité
with-section-text = Pour votre compte de participant. À la première visite, le compte est créé.
with-sign-in = S’identifier avec { $provider }
with-what-is = Qu’est-ce que { $provider } ?

# La première visite.
with-first-time = Première visite avec { $provider }
with-first-time-text = { $provider } vous a reconnu. Nous ne gardons ni votre nom ni votre date de naissance, seulement une empreinte qui permet de vous reconnaître la prochaine fois.
with-new = Je n’ai pas encore de compte
with-new-text = Votre compte s’ouvre sans adresse électronique. Vous vous connecterez avec { $provider }.
with-new-do = Créer mon compte
with-own = J’ai déjà un compte, ou je veux donner une adresse
with-own-only = J’ai déjà un compte
with-own-text = Saisissez l’adresse électronique du compte : nous y envoyons un code. Vous pourrez ensuite vous connecter des deux façons, par courriel et avec { $provider }.
with-code-links = Avec ce code, { $provider } est relié au compte de cette adresse.
with-code-do = Relier et continuer
with-over = Cette étape est terminée
with-over-text = Le compte a déjà été ouvert, ou plus de trente minutes ont passé. Identifiez-vous de nouveau : c’est sans risque.

# Ce qui peut mal finir.
with-again = Recommencer avec { $provider }
with-other-ways = Se connecter autrement
with-back-to-links = Revenir à mes services d’identité
with-away = { $provider } ne répond pas
with-away-text = La panne est chez { $provider }, et votre compte est intact. Réessayez dans quelques minutes, ou connectez-vous autrement.
with-answer-invalid = La réponse de { $provider } n’a pas pu être vérifiée
with-answer-invalid-text = Cela arrive quand plus de quinze minutes ont passé, quand une page est rechargée ou quand deux onglets se croisent. Recommencez : c’est sans risque.
with-denied = Vous ne vous êtes pas identifié auprès de { $provider }
with-denied-text = Vous avez interrompu l’identification, ou { $provider } l’a refusée. Vous pouvez recommencer.
with-level-too-low = Ce moyen d’identification n’est pas assez sûr
with-level-too-low-text = { $provider } vous reconnaît, mais à un niveau de sécurité trop bas. Recommencez et choisissez un moyen d’identification d’un niveau plus élevé.
with-not-offered = { $provider } n’est pas proposé ici
with-not-offered-text = { $organization } ne permet pas, ou plus, de se connecter ainsi. Si votre compte a une adresse électronique, connectez-vous par courriel.
with-too-young = Il faut avoir 15 ans pour ouvrir un compte
with-too-young-text = D’après le service d’identité, vous n’avez pas encore 15 ans. Rien n’a été enregistré. Vous pouvez tout lire sur ce site sans compte.
with-birth-date-missing = { $provider } n’indique pas votre date de naissance
with-birth-date-missing-text = Un compte est ouvert à partir de 15 ans. Recommencez, et acceptez que { $provider } transmette votre date de naissance : elle est vérifiée, puis oubliée.
with-has-account = Cette identité est déjà reliée à un autre compte
with-has-account-text = Une personne n’a qu’un compte. Pour vous y connecter, identifiez-vous avec { $provider }. Pour la relier à un autre compte, connectez-vous d’abord à celui-là et retirez-y { $provider }.
with-linked-already = Ce compte est déjà relié à une autre identité de { $provider }
with-linked-already-text = Si votre état civil a changé, connectez-vous par courriel, retirez { $provider } de votre compte, puis reliez-le de nouveau.
with-session-over = Votre session a pris fin entre-temps
with-session-over-text = { $provider } n’a pas été relié. Connectez-vous, puis recommencez.
with-not-begun = Il n’y a pas de connexion en cours dans ce navigateur
with-not-begun-text = Rien n’a été fait par cette page. Trois raisons sont possibles :
with-not-begun-done = vous avez déjà passé cette étape, puis rechargé la page ou utilisé le bouton « Précédent » ;
with-not-begun-late = plus de quinze minutes ont passé depuis le début ;
with-not-begun-browser = vous avez commencé dans un autre navigateur, ou votre navigateur refuse les cookies.

# Se déconnecter aussi du service d’identité.
with-still-signed-in = Vous êtes peut-être encore connecté à { $provider } dans ce navigateur. Sur un appareil partagé, déconnectez-vous aussi.
with-sign-out = Me déconnecter de { $provider }

# Dans le compte.
account-welcome-vouched = Encore deux choses
account-welcome-vouched-text = Votre compte est ouvert. Avant d’écrire ici, choisissez un nom et acceptez les conditions.
account-email-none = Aucune
account-providers = Services d’identité
account-providers-no = Aucun
account-providers-text = Avec un service d’identité, vous vous connectez sans code par courriel. Nous ne gardons de lui qu’une empreinte, qui ne dit pas qui vous êtes et que rien ne relie à vos signatures.
account-providers-none = Aucun service n’est relié à votre compte.
account-provider-since = Relié le { $day }.
account-provider-not-now = { $organization } ne permet pas de se connecter ainsi en ce moment.
account-provider-link = Relier { $provider }
account-provider-unlink = Retirer { $provider }
account-provider-last = { $provider } est votre seul moyen de vous connecter : il ne peut pas être retiré.
account-provider-last-said = Rien n’a changé : sans ce service, vous ne pourriez plus vous connecter à votre compte.
account-provider-done = C’est relié. Vous pouvez désormais vous connecter ainsi.
account-provider-undone = C’est retiré. L’empreinte est effacée.
account-data-provider = { $provider }, relié le { $day }
