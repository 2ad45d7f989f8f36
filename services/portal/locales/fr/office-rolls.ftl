# Les listes électorales, les codes et leurs remplacements.

office-rolls = Listes électorales
office-rolls-lead = Cette page montre les listes électorales : qui peut voter, et avec quel code.
office-rolls-none = Aucune liste électorale pour l’instant
office-rolls-none-text = Créez une liste, puis chargez-y le fichier de votre service. Il faut une liste pour programmer un vote.
office-rolls-new = Créer une liste électorale
office-rolls-new-lead = Une liste reçoit d’abord un nom. Le fichier vient ensuite.
office-rolls-create = Créer la liste
office-rolls-created-done = La liste est créée. Chargez maintenant le fichier.
office-rolls-title = Nom de la liste
office-rolls-title-hint = Par exemple « Habitants de 16 ans et plus, 2027 ». Seule l’équipe le voit.
office-rolls-title-wrong = Saisissez un nom de 200 caractères au plus.
office-rolls-members = membres
office-rolls-codes = membres avec un code
office-rolls-created = Créée le
office-rolls-caption = Listes électorales
office-rolls-show-lead = Cette page montre ce que la liste contient et ce qui y a été fait. Les membres ne sont jamais affichés en bloc.
office-rolls-loaded = Le fichier est chargé. Il reste à créer les codes pour les courriers.
office-rolls-history = Historique
office-rolls-history-none = Rien n’a encore été fait dans cette liste.
office-rolls-history-caption = Ce qui a été fait dans cette liste, le plus récent d’abord
office-rolls-when = Quand
office-rolls-what = Quoi
office-rolls-who = Qui
office-rolls-was-import =
    { PLURAL($count) ->
        [one] { $count } membre ajouté
       *[other] { $count } membres ajoutés
    }
office-rolls-was-correction = Correction : { $columns }
office-rolls-was-reload = Fichier chargé. Ajoutés : { $added } ; modifiés : { $changed } ; partis : { $left }
office-rolls-was-erasure = Données d’un membre effacées
office-rolls-was-export = Copie de la liste téléchargée
office-rolls-was-codes =
    { PLURAL($count) ->
        [one] { $count } code créé pour un courrier
       *[other] { $count } codes créés pour les courriers
    }
office-copy = Télécharger une copie
office-copy-title = Télécharger une copie de « { $roll } » ?
office-copy-content = Le fichier contient le numéro, le quartier, la date de naissance et l’adresse électronique de chaque membre. Il ne contient aucun code.
office-copy-history = L’historique de la liste dira que vous l’avez téléchargé, et quand.
office-copy-keep = Une fois téléchargé, le fichier est sous votre garde. Effacez-le quand vous n’en avez plus besoin.
office-copy-sure = J’ai besoin de ce fichier et je sais où je le garde.
office-copy-not-sure = Cochez la case si vous avez besoin du fichier.
office-rolls-load = Charger un fichier
office-rolls-load-lead = Choisissez la liste complète, telle que votre service l’a. Elle est d’abord lue et montrée ; rien n’est fait avant votre accord.
office-rolls-file = Fichier CSV
office-rolls-file-hint = Tel qu’Excel, LibreOffice ou votre logiciel l’enregistre, 32 Mo au plus.
office-rolls-file-wrong =
    { PLURAL($count) ->
        [one] Le fichier ne peut pas être chargé : { $count } point est à corriger. Rien n’a été fait.
       *[other] Le fichier ne peut pas être chargé : { $count } points sont à corriger. Rien n’a été fait.
    }
office-rolls-file-large = Le fichier est trop grand. Il peut compter environ 500 000 membres.
office-rolls-file-gone = Le fichier n’est plus là : une demi-heure a passé, ou il s’est perdu. Choisissez-le à nouveau.
office-rolls-read = Lire le fichier
office-rolls-example = À quoi ressemble le fichier
office-rolls-columns = La première ligne nomme les colonnes. Seule la première est obligatoire ; leur ordre est libre.
office-rolls-columns-number = « member_number » : le numéro de la personne, imprimé dans son courrier. Donnez à la colonne le format « texte » pour garder les zéros du début.
office-rolls-columns-district = « district » : le code de son quartier.
office-rolls-columns-birth-date = « birth_date » : sa date de naissance, comme 28/02/1980 ou 1980-02-28. Nécessaire si un vote demande un âge.
office-rolls-columns-email = « email » : son adresse électronique, pour recevoir un code sans courrier.
office-rolls-columns-no-more = Pas de nom ni d’adresse postale : Comitia n’en a pas besoin, et ne les garde pas.
office-rolls-preview = Vérifier avant de charger
office-rolls-preview-lead = Voici comment le fichier a été lu et ce qu’il changera. Vérifiez les zéros, les accents et les dates.
office-rolls-nothing-yet = Rien n’est encore fait.
office-rolls-lines = Lignes
office-encoding = Encodage
office-encoding-hint = Laissez « Reconnaître » ; choisissez l’encodage seulement si la page vous le demande.
office-encoding-auto = Reconnaître
office-encoding-western = Windows, Europe occidentale (1252)
office-encoding-central = Windows, Europe centrale (1250)
office-encoding-utf-16 = Texte Unicode (UTF-16)
office-encoding-utf-8 = UTF-8
office-encoding-choose = Choisissez l’encodage du fichier, le plus souvent « Windows, Europe occidentale », et choisissez à nouveau le fichier. Vous vérifierez les accents avant le chargement.
office-separator = Séparateur
office-separator-semicolon = point-virgule
office-separator-comma = virgule
office-separator-tab = tabulation
office-columns = Colonnes
office-rolls-what-happens = Ce que le chargement fera
office-rolls-added = nouveaux membres
office-rolls-changed = membres modifiés
office-rolls-unchanged = membres inchangés
office-rolls-left = membres absents du fichier
office-rolls-leave =
    { PLURAL($count) ->
        [one] { $count } membre de la liste n’est pas dans le fichier
       *[other] { $count } membres de la liste ne sont pas dans le fichier
    }
office-rolls-leave-text = Ils quitteront la liste. Ils ne pourront voter dans aucun vote qui s’ouvre plus tard, et leurs données seront effacées. Si le fichier n’est qu’une partie de la liste, arrêtez ici.
office-rolls-leave-sure = Le fichier est complet : ceux qui n’y sont pas quittent la liste.
office-rolls-leave-not-sure = Cochez la case si le fichier est complet.
office-rolls-wait =
    { PLURAL($count) ->
        [one] { $count } modification attend la fin d’un vote
       *[other] { $count } modifications attendent la fin d’un vote
    }
office-rolls-wait-text = Un vote ouvert garde ce sur quoi il repose. Chargez le fichier une nouvelle fois après le vote.
office-rolls-changes = Membres concernés
office-rolls-changes-show = Voir les membres modifiés, en attente ou absents
office-rolls-change-changed = Modifié
office-rolls-change-waiting = En attente
office-rolls-change-left = Quitte la liste
office-rolls-notices =
    { PLURAL($count) ->
        [one] { $count } remarque sur le fichier
       *[other] { $count } remarques sur le fichier
    }
office-rolls-notice = Ligne { $line }, { $column } :
office-rolls-load-do = Charger le fichier
office-rolls-other-file = Choisir un autre fichier
office-rolls-changed-since = La liste a changé depuis que la page a été affichée. Voici ce qui serait fait maintenant : vérifiez, puis chargez.
office-rolls-task-empty = « { $roll } » ne contient personne
office-rolls-task-empty-text = Chargez le fichier de votre service.
office-rolls-task-codes = Créez les codes de « { $roll } »
office-rolls-task-codes-text =
    { PLURAL($count) ->
        [one] { $count } membre n’a pas encore de code pour son courrier.
       *[other] { $count } membres n’ont pas encore de code pour leur courrier.
    }
office-rolls-task-replacements =
    { PLURAL($count) ->
        [one] { $count } code à remplacer attend votre accord
       *[other] { $count } codes à remplacer attendent votre accord
    }
office-rolls-task-replacements-text = Quelqu’un de l’équipe l’a demandé. Une deuxième personne doit l’approuver.

office-column-number = Numéro
office-column-district = Quartier
office-column-birth-date = Date de naissance
office-column-email = Adresse électronique
office-column-left = Retour dans la liste
office-column-header = Noms des colonnes
office-column-encoding = Encodage
office-column-line = Toute la ligne

office-rule-twice = Ce numéro figure déjà à la ligne { $line }. Gardez une seule ligne par personne.
office-rule-known = Ce numéro est déjà dans la liste.
office-rule-formula = C’est une formule. Copiez la colonne et collez « les valeurs seulement ».
office-rule-shortened = Le tableur a abrégé ce numéro (1,23E+11). Donnez à la colonne le format « texte » et rétablissez le numéro.
office-rule-number = Le numéro manque ou compte plus de 64 caractères.
office-rule-district = Employez le code du quartier : de 1 à 64 lettres sans accent, chiffres, tirets ou points.
office-rule-past = La date doit être passée et ne pas précéder 1900.
office-rule-date = Écrivez la date comme 28/02/1980 (jour, mois, année) ou 1980-02-28.
office-rule-email = Ce n’est pas une adresse électronique.
office-rule-unreadable = Un caractère est illisible : le fichier a changé d’encodage en route. Enregistrez-le à nouveau en « CSV UTF-8 ».
office-rule-quote-open = Un guillemet (") n’est pas refermé sur cette ligne.
office-rule-quote-after = Il y a quelque chose entre un guillemet fermant et le séparateur suivant.
office-rule-nameless = Une colonne sans nom contient quelque chose. Nommez-la ou videz-la.
office-rule-empty = Le fichier est vide.
office-rule-no-number = La colonne « member_number » manque.
office-rule-column-twice = Une colonne est nommée deux fois.
office-rule-names = La première ligne ne nomme pas les colonnes, ou en nomme d’autres que member_number, district, birth_date et email, ou numéro, quartier, date de naissance et courriel. Supprimez les titres au-dessus et les colonnes en trop.
office-rule-separator = Séparez les noms des colonnes par un point-virgule, une virgule ou une tabulation.
office-rule-sep = La ligne « sep= » doit nommer un point-virgule, une virgule ou une tabulation.
office-rule-workbook = C’est un classeur de tableur. Choisissez « Enregistrer sous », puis « CSV UTF-8 ».
office-rule-compressed = C’est un fichier compressé. Décompressez-le et choisissez le fichier CSV.
office-rule-no-csv = Ce n’est pas un fichier CSV, quel que soit son nom. Dans votre tableur, choisissez « Enregistrer sous », puis « CSV UTF-8 ».
office-rule-encoding = Le fichier n’est pas dans l’encodage choisi. Choisissez-en un autre.
office-rule-not-utf-8 = Un caractère montre que le fichier n’est pas en UTF-8. Choisissez l’encodage ci-dessous, le plus souvent Windows-1252, ou enregistrez-le en « CSV UTF-8 ».
office-rule-fields = La ligne a { $given } valeurs et non { $wanted }, comme il y a de colonnes.
office-rule-vote = Cela doit rester jusqu’à la fin du vote ouvert.
office-notice-mark = a été lu sans la marque du tableur (="…" ou une apostrophe).
office-notice-plain = a été lu en caractères simples : il contenait des caractères invisibles, d’autres espaces, tirets ou chiffres.
office-notice-day-first = les dates sont lues avec le jour d’abord : jour, mois, année.
office-notice-shared = est aussi l’adresse de quelqu’un d’autre : qui se connecte avec elle devra dire son numéro.
office-notice-held = ne permet de se connecter qu’après les votes en cours, ou quand deux personnes ont remplacé le code.

office-members-search = Chercher un membre
office-members-lead = Cherchez une personne par son numéro ou son adresse électronique, écrits en entier.
office-members-text = Numéro ou adresse électronique
office-members-text-hint = En entier : les données sont chiffrées et ne peuvent pas être parcourues.
office-members-text-missing = Saisissez un numéro ou une adresse électronique.
office-members-find = Chercher
office-members-nobody = Personne n’a été trouvé
office-members-nobody-text = Vérifiez le numéro ou l’adresse. La personne n’est peut-être pas dans cette liste.
office-members-found =
    { PLURAL($count) ->
        [one] { $count } personne trouvée
       *[other] { $count } personnes trouvées
    }
office-members-left = A quitté la liste
office-members-address-held = L’adresse ne permet pas de se connecter pour l’instant
office-members-change = Corriger
office-members-replace = Remplacer le code
office-members-erase = Effacer…
office-members-change-title = Corriger le membre { $number }
office-members-change-lead = Ce que vous corrigez est noté dans l’historique, sans les valeurs.
office-members-no-district = Aucun
office-members-email-hint = Si l’adresse change, l’ancienne en est avertie.
office-members-changed = Le membre est corrigé.
office-members-held = Le membre est corrigé. Sa nouvelle adresse ne permettra de se connecter qu’après les votes en cours.
office-members-poll-open = Un vote est ouvert avec cette liste et repose sur ces valeurs. Elles pourront être corrigées après le vote.
office-members-not-sure = Cochez la case si vous le voulez.
office-members-erase-title = Effacer les données du membre { $number } ?
office-members-erase-data = Le numéro, le quartier, la date de naissance et l’adresse sont effacés, et les sessions prennent fin.
office-members-erase-vote = La personne ne pourra plus voter avec cette liste.
office-members-erase-ballots = Les bulletins qu’elle a déposés restent comptés. Rien ne les relie à elle. Cela ne peut pas être annulé.
office-members-erase-sure = La personne l’a demandé, ou la loi l’exige.
office-members-erase-do = Effacer les données
office-members-erased = Les données du membre sont effacées.
office-members-replace-title = Remplacer le code du membre { $number } ?
office-members-replace-second = Rien ne change tant qu’un deuxième administrateur ne l’a pas approuvé : qui tient un code peut voter à la place de la personne.
office-members-replace-old = L’ancien code cessera alors d’être valable, et les sessions prendront fin.
office-members-replace-told = La personne est avertie par courriel si son adresse est connue.
office-members-replace-sure = Je me suis assuré de l’identité de la personne.
office-members-replace-do = Demander le remplacement

office-codes = Codes des courriers
office-codes-lead = Cette page crée les codes que vous imprimez dans les courriers.
office-codes-none = Tous les membres ont un code
office-codes-none-text = Un code ne peut pas être relu. Si un courrier s’est perdu, cherchez le membre et demandez un nouveau code.
office-codes-title = Créer les codes des courriers ?
office-codes-made =
    { PLURAL($count) ->
        [one] { $count } membre reçoit un code. Qui en a déjà un le garde.
       *[other] { $count } membres reçoivent un code. Qui en a déjà un le garde.
    }
office-codes-once = Les codes ne sont montrés que cette fois : Comitia n’en garde qu’une empreinte.
office-codes-secret = Qui lit un code peut voter à la place de la personne. N’envoyez le fichier qu’à l’imprimeur, par une voie sûre, et supprimez-le ensuite.
office-codes-kept = Si le téléchargement échoue, vous pouvez le refaire depuis la page suivante pendant un jour.
office-codes-sure = Je sais où enregistrer ce fichier et qui le recevra.
office-codes-not-sure = Cochez la case quand vous savez où enregistrer le fichier.
office-codes-do = Créer les codes
office-codes-done =
    { PLURAL($count) ->
        [one] { $count } code est créé
       *[other] { $count } codes sont créés
    }
office-codes-done-lead = Téléchargez le fichier maintenant, avant de quitter cette page.
office-codes-take = Ces codes ne pourront plus être lus après cette page. Téléchargez le fichier et vérifiez qu’il s’ouvre.
office-codes-download = Télécharger le fichier pour le publipostage (CSV)
office-codes-caption = Codes créés
office-codes-code = Code
office-codes-remaining =
    { PLURAL($count) ->
        [one] { $count } membre n’a pas encore de code.
       *[other] { $count } membres n’ont pas encore de code.
    }
office-codes-more = Créer les codes suivants
office-codes-back = Revenir à la liste

office-replacements = Remplacements de codes
office-replacements-lead = Cette page montre les codes à remplacer. L’un demande, un autre approuve.
office-replacements-none = Aucun remplacement
office-replacements-none-text = Si un courrier s’est perdu, cherchez le membre dans sa liste et demandez un nouveau code.
office-replacements-caption = Remplacements, les plus récents d’abord
office-replacements-asked-by = Demandé par
office-replacements-asked-on = Demandé le
office-replacements-approved = Approuvé
office-replacements-expired = Expiré
office-replacements-waits = Attend une deuxième personne
office-replacements-approve = Examiner
office-replacements-erased = (effacé)
office-replacements-asked = Le remplacement est demandé. Un deuxième administrateur doit l’approuver : dites-le-lui.
office-replacements-title = Approuver le nouveau code du membre { $number } ?
office-replacements-by = { $name } l’a demandé.
office-replacements-old-ends = L’ancien code cesse d’être valable et les sessions de la personne prennent fin.
office-replacements-shown-once = Le nouveau code vous est montré une seule fois, pour le nouveau courrier.
office-replacements-responsible = Le nombre de codes remplacés pendant un vote est public.
office-replacements-sure = Je me suis assuré que la demande est fondée.
office-replacements-not-sure = Cochez la case quand vous vous êtes assuré que la demande est fondée.
office-replacements-do = Approuver et montrer le code
office-replacements-second = Vous avez demandé ce remplacement, ou vous avez rejoint l’équipe après la demande. Quelqu’un d’autre doit l’approuver.
office-replacements-not-pending = Ce remplacement est déjà approuvé, ou a expiré. Demandez-en un nouveau.
office-replacements-done = Nouveau code du membre { $number }
office-replacements-done-text = Imprimez-le dans le nouveau courrier maintenant : il ne peut plus être lu après cette page.
office-operator = Exploitant de la plateforme
office-former = Ancien membre de l’équipe
