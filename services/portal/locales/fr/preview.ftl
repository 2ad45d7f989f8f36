# L’aperçu d’une démarche avant sa publication.

preview-title = Aperçu d’une démarche
preview-lead = { $organization } vous a envoyé un lien pour lire une démarche avant sa publication. Ne le transmettez qu’aux personnes à qui il est destiné.
preview-code = Code de l’aperçu
preview-code-hint = C’est la fin du lien, après le signe #. Vous pouvez aussi coller le lien en entier.
preview-code-missing = Saisissez le code de l’aperçu.
preview-code-wrong = Ce lien n’ouvre plus d’aperçu : il a expiré, ou l’équipe l’a désactivé. Demandez-en un autre à la personne qui vous l’a envoyé.
preview-open = Voir l’aperçu
preview-banner = Aperçu
preview-banner-text = Vous lisez une démarche qui n’est pas encore publiée. Tout peut encore changer, et rien ne peut être envoyé. Cet aperçu se ferme le { $until } au plus tard.
preview-back = Revenir à « { $process } »
preview-leave = Quitter l’aperçu
preview-ended = L’aperçu est terminé
preview-ended-text = Son lien a été désactivé. Demandez-en un autre à la personne qui vous l’a envoyé, ou attendez la publication de la démarche.
preview-ended-home = Aller à l’accueil
