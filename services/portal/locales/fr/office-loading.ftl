# Le chargement d’une grande liste.

office-loading = Chargement de la liste
office-loading-lead = Cette page s’actualise d’elle-même. Vous pouvez la quitter et y revenir : le chargement continue.
office-loading-label = Lignes transmises
office-loading-percent = { $percent } %
office-loading-begun = Le fichier est comparé à la liste…
office-loading-text = Rien n’est visible avant que tout ne soit chargé. Comptez une minute pour 500 000 personnes.
office-loading-nothing = Rien n’a été chargé
office-loading-refused = La liste a changé depuis que vous avez vérifié le fichier. Choisissez-le à nouveau pour voir ce qui serait fait.
office-loading-failed = Le chargement a été interrompu. La liste est restée telle qu’elle était : choisissez le fichier à nouveau.
