# Les liens vers l’aperçu d’une démarche.

office-preview = Aperçu avant publication
office-preview-lead = Cette page crée des liens pour montrer la démarche avant sa publication : à vos élus, à un groupe de travail, à un imprimeur. Qui a le lien peut lire, sans compte et sans rien pouvoir envoyer.
office-preview-open = Partager un aperçu
office-preview-for = Pour qui
office-preview-for-hint = Seule l’équipe le lit. Par exemple « Comité de pilotage ».
office-preview-for-wrong = Écrivez 100 caractères au plus.
office-preview-days = Nombre de jours
office-preview-days-hint = De 1 à { $most }. Après ce délai, le lien n’ouvre plus rien.
office-preview-days-wrong = Saisissez un nombre de jours de 1 à { $most }.
office-preview-make = Créer le lien
office-preview-made = Le lien est créé. Copiez-le maintenant.
office-preview-made-text = Il ne sera plus affiché : si vous le perdez, créez-en un autre. Il ouvre l’aperçu jusqu’au { $until }.
office-preview-published = La démarche est publiée. Tout le monde la voit, et elle n’a plus besoin d’aperçu.
office-preview-too-many = Cette démarche a déjà 20 liens. Désactivez-en un pour en créer un autre.
office-preview-links = Liens en service
office-preview-caption = Liens vers l’aperçu, les plus récents d’abord
office-preview-none = Aucun lien pour l’instant
office-preview-none-text = Sans lien, seule l’équipe voit la démarche.
office-preview-created = Créé le
office-preview-expires = Ouvre l’aperçu jusqu’au
office-preview-of = Lien du { $date }
office-preview-revoke-column = Désactivation
office-preview-revoke = Désactiver
office-preview-revoke-title = Désactiver le lien « { $link } » ?
office-preview-revoke-everybody = Dans quelques secondes, ce lien n’ouvrira plus rien, ni pour les personnes qui ont l’aperçu sous les yeux.
office-preview-revoke-final = Un lien désactivé ne peut pas être rétabli, mais vous pouvez en créer un autre.
office-preview-revoke-sure = Je veux désactiver ce lien.
office-preview-revoke-not-sure = Cochez la case si vous voulez désactiver ce lien.
office-preview-revoked = Le lien est désactivé.

office-log-create-preview-link = Création d’un lien d’aperçu
office-log-revoke-preview-link = Désactivation d’un lien d’aperçu
office-log-field-days = Jours
