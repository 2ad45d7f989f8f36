# Photos et documents de sa propre proposition.

own-files = Photos et documents
own-files-lead = Une photo du lieu ou un plan aide à comprendre votre proposition. Tout le monde peut voir ce que vous ajoutez ici.
own-files-none = Vous n’avez encore rien ajouté.
own-files-add = Ajouter une photo ou un document
own-files-add-lead = Le fichier paraît avec votre proposition dès qu’il est envoyé.
own-files-file-hint = 10 Mo au plus, si ce site n’a pas d’autre limite. Ne montrez pas de personnes que l’on reconnaît sans leur accord.
own-files-title-hint = Par exemple « Le quai aujourd’hui ».
own-files-change = Modifier
own-files-remove = Supprimer
own-files-added = Le fichier est ajouté à votre proposition.
own-files-saved = Vos modifications sont enregistrées.
own-files-removed = Le fichier est supprimé.
own-files-fixed = Vous ne pouvez plus rien ajouter : la phase de dépôt est terminée, ou votre proposition a reçu une réponse ou a été retirée. Vous pouvez toujours supprimer ce que vous avez envoyé.
own-files-back = Revenir à la proposition
own-files-manage = Ajouter ou supprimer des photos et des documents
own-files-sent-text = Vous pouvez y joindre des photos et des documents.
own-files-edit = Modifier une photo ou un document
own-files-remove-title = Supprimer « { $title } » ?
own-files-remove-text = Le fichier disparaît de votre proposition et il est effacé. Les personnes qui l’ont déjà ouvert peuvent en garder une copie.
own-files-remove-do = Supprimer le fichier
own-files-taken = L’équipe a supprimé des fichiers de votre proposition
own-files-taken-one = « { $title } ». Motif :
own-files-infected = L’antivirus a trouvé quelque chose dans ce fichier. Ne l’ouvrez pas et choisissez-en un autre.
own-files-too-many = Votre proposition a autant de photos et de documents que possible. Supprimez-en un d’abord.
own-files-not-configured = Ce site ne reçoit pas de fichiers pour le moment. Votre proposition est bien enregistrée sans eux.
account-data-files = Photos et documents que vous avez envoyés
account-erase-files = Les photos et les documents que vous avez joints à des propositions sont effacés.
office-proposal-files-lead = Retirez un fichier qui enfreint les règles du site. La proposition reste en ligne.
office-proposal-files-gone = Le fichier disparaît de la page de la proposition.
office-proposal-files-reason-hint = L’auteur ou l’autrice de la proposition lira ce motif.

# With a new proposal.
own-files-away = Le fichier n’a pas pu être reçu. Choisissez-le à nouveau.
own-files-again = Choisissez à nouveau ce fichier : le navigateur ne le garde pas.
own-files-not-enclosed = Votre proposition est envoyée, mais un fichier n’a pas pu y être joint
own-files-photo-shows = Ce que montre la photo
own-files-document-title = Titre du document
own-files-session-over = Rien n’a été envoyé. Connectez-vous dans un autre onglet, puis revenez à la page précédente de celui-ci : votre texte y est encore. Choisissez à nouveau vos fichiers, et envoyez.
