# Photos et documents d’un projet, au bureau.

office-project-files-lead = Cette page réunit les photos et les documents que montrent la page du projet et ses comptes rendus.
office-project-files-add-lead = Le fichier paraît sur la page du projet dès qu’il est envoyé, si la démarche est publiée.
office-project-files-edit-lead = Ces mots sont ceux que montre la page du projet.
office-project-files-remove-gone = « { $title } » disparaît de la page du projet.
office-project-files-too-many = Ce projet a autant de photos et de documents que possible. Supprimez-en un d’abord.
office-project-files-of = Avec le compte rendu du { $day }
office-project-files-report = Montrer avec un compte rendu
office-project-files-report-hint = Une photo du chantier se place à côté du compte rendu de ce jour-là.
office-project-files-report-none = Aucun : avec le projet
