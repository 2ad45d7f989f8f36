# L’espace de l’équipe : navigation, accueil, rôles.

office-title = Espace équipe
office-home = Accueil
office-to-site = Retour au site public
office-home-title = Ce qui vous attend
office-home-lead = Cette page montre ce qui demande votre attention maintenant.
office-home-hello = Bonjour { $name }. Voici ce qui demande votre attention maintenant.
office-home-nothing = Rien ne vous attend
office-home-nothing-text = Ce qui demandera votre attention apparaîtra ici. Le menu mène à tout le reste.
office-task = À faire
office-task-urgent = Sans tarder
office-me = Mon rôle
office-me-lead = Ce que vos rôles vous permettent de faire ici.
office-role-administrator = Administrateur
office-role-moderator = Modérateur
office-role-budget-officer = Responsable des budgets
office-role-auditor = Auditeur
office-role-other = Autre
office-duty-administrator = Configure l’organisation, l’équipe, les quartiers, les démarches et les listes électorales.
office-duty-moderator = Examine, masque et répond aux propositions des habitants.
office-duty-budget-officer = Prépare les budgets et les projets, programme les votes, saisit les bulletins papier.
office-duty-auditor = Lit tout ce qui n’est pas une donnée personnelle et ne change rien.
office-save = Enregistrer
office-cancel = Annuler
office-what-happens = Voici ce qui va se passer
office-changed = Quelqu’un d’autre a modifié cette page entre-temps
office-changed-text = Ce que vous avez saisi est toujours là. Comparez avec l’état actuel, puis enregistrez à nouveau : ce que vous enregistrez remplacera l’autre version.
office-session-over = Votre session a pris fin
office-session-over-text = Rien de ce que vous avez saisi n’est perdu. Reconnectez-vous dans un nouvel onglet, puis revenez ici et renvoyez le formulaire.
office-session-over-sign-in = Se reconnecter dans un nouvel onglet
office-session-over-send = Renvoyer le formulaire
office-file-line = Ligne
office-file-column = Colonne
office-file-fault = Ce qu’il faut corriger
office-file-faults =
    { PLURAL($count) ->
        [one] { $count } point à corriger
       *[other] { $count } points à corriger
    }
office-file-missing = Choisissez un fichier.
office-file-whole = Tout le fichier
office-file-empty = Le fichier ne contient aucune ligne sous les noms de colonnes.
office-file-no-csv = Ce n’est pas un fichier CSV. Dans votre tableur, choisissez « Enregistrer sous », puis « CSV UTF-8 ».
office-file-first-rows = Les premières lignes
office-yes = Oui
office-no = Non
office-home-partly = Une partie du service est momentanément indisponible : il peut manquer quelque chose ici. Actualisez la page dans un instant.
