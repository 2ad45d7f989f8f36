# Les budgets dans l’espace équipe : enveloppes, projets, règles, programmation, suivi, essais.

office-budgets = Budgets
office-budgets-lead = Les enveloppes de chaque démarche : leur montant, leurs projets, leurs règles.
office-budgets-no-process = Il n’y a pas encore de démarche
office-budgets-no-process-text = Une démarche dit quand on propose et quand on vote. Créez-la d’abord.
office-budgets-process = Démarche
office-budgets-process-show = Afficher
office-budgets-none = Cette démarche n’a pas encore de budget
office-budgets-none-text = Créez un budget pour toute la ville, ou un par quartier. Ajoutez-y ensuite des projets, puis programmez le vote.
office-budgets-new = Nouveau budget
office-budgets-caption = Les budgets de la démarche
office-budgets-budget = Budget
office-budgets-area = Quartier
office-budgets-amount = Montant
office-budgets-state = État
office-budgets-task = Préparer le budget « { $budget } »
office-budgets-task-text = Le vote n’est pas encore programmé.
office-budget-lead-draft = Ce budget est en préparation : projets et règles peuvent changer.
office-budget-lead-frozen = Le vote est programmé : projets et règles sont figés.
office-budget-lead-decided = Le résultat est public. Suivez ici la réalisation des projets financés.
office-budget-lead-annulled = Ce vote a été annulé ; il n’y a pas de résultat.
office-budget-cost-of-all = coût de tous les projets
office-budget-no-projects = Ce budget n’a pas encore de projet
office-budget-no-projects-text = Reprenez les propositions retenues, collez un tableau, ou ajoutez les projets un à un.
office-budget-to-vote = Voir le vote
office-budget-rule = Les règles
office-budget-edit = Modifier le budget et ses règles
office-budget-project = Projet
office-budget-projects = Les projets du budget
office-budget-follow-up = Choisissez un projet financé pour dire où il en est
office-budget-files = Données ouvertes
office-budget-files-text = Ces fichiers sont publics. Le fichier .pb permet à chacun de compter à nouveau.
office-budget-done-created = Le budget est créé. Ajoutez maintenant ses projets.
office-budget-done-changed = Le budget est modifié.
office-budget-done-project = Les projets sont enregistrés.
office-budget-done-deleted = Le projet est supprimé.
office-budget-done-imported = Les propositions sont devenues des projets.
office-budget-done-scheduled = Le vote est programmé. Il s’ouvrira à l’heure dite.
office-budget-done-reported = Le compte rendu est publié.
office-budget-terms-lead = L’argent, la façon de voter et la règle qui décide, pour « { $process } ».
office-budget-title = Nom du budget
office-budget-title-hint = Par exemple « Toute la ville » ou « Quartier de la gare ».
office-budget-title-wrong = Donnez un nom de 200 caractères au plus
office-budget-amount = Montant
office-budget-amount-hint = Par exemple 300 000.
office-budget-amount-wrong = Écrivez un montant supérieur à zéro, par exemple 300 000 ou 300 000,50
office-budget-currency = Monnaie
office-budget-currency-hint = En trois lettres, par exemple EUR.
office-budget-currency-wrong = Écrivez les trois lettres d’une monnaie, par exemple EUR
office-budget-area = Pour quel quartier ?
office-budget-area-hint = Sauf autre choix au moment de programmer le vote, seules les personnes de ce quartier votent.
office-budget-area-wrong = Choisissez un quartier de la liste
office-budget-leftover = Ce qui n’est pas dépensé
office-budget-leftover-hint = Le reste peut aller à un autre budget de la démarche, qui est alors compté en dernier.
office-budget-leftover-none = Reste dans ce budget
office-budget-leftover-wrong = Choisissez un autre budget de la même monnaie qui ne renvoie pas le reste ici
office-number-wrong = Écrivez un nombre entier, par exemple 3
office-ballot = Que fait-on sur le bulletin ?
office-ballot-missing = Choisissez ce que l’on fait sur le bulletin
office-ballot-approval = Cocher des projets
office-ballot-approval-text = Le plus simple. Chaque projet coché reçoit une voix.
office-ballot-knapsack = Remplir l’enveloppe
office-ballot-knapsack-text = On coche des projets tant que leur coût total tient dans l’enveloppe. On voit ce que coûtent ses choix.
office-ballot-points = Répartir des points
office-ballot-points-text = On donne plus de points à ce qui compte plus. C’est plus long à remplir.
office-ballot-ranking = Classer des projets
office-ballot-ranking-text = Le premier reçoit le plus de points. Pratique avec peu de projets.
office-ballot-score = Noter des projets
office-ballot-score-text = On donne une note à chaque projet que l’on veut juger.
office-ballot-one = Choisir un seul projet
office-ballot-one-text = Pour départager quelques grands projets. Une partie des personnes n’obtient rien.
office-ballot-least = Au moins combien de projets
office-ballot-least-hint = Vide : un bulletin blanc est permis.
office-ballot-least-wrong = Ce minimum n’est pas possible avec ces bulletins et ces projets
office-ballot-most = Au plus combien de projets
office-ballot-most-hint = Vide : autant que l’on veut.
office-ballot-most-wrong = Le maximum ne peut pas être plus petit que le minimum
office-ballot-points-field = Points à répartir
office-ballot-points-hint = Seulement pour « Répartir des points ».
office-ballot-points-missing = Dites combien de points chaque personne répartit
office-ballot-points-wrong = Ce nombre de points ne va pas avec le nombre de projets et le maximum par projet
office-ballot-each = Points par projet, au plus
office-ballot-each-hint = Pour « Répartir des points », si vous le souhaitez, et pour « Noter des projets ».
office-ballot-each-missing = Dites quelle est la note la plus haute
office-ballot-each-wrong = Ce maximum par projet n’est pas possible
office-ballot-cost-wrong = La limite de coût du bulletin n’est pas possible avec ce budget
office-ballot-categories-wrong = Les limites par catégorie ne sont pas possibles avec ces projets
office-ballot-recast = On peut changer d’avis jusqu’à la fin du vote ; le dernier bulletin compte.
office-ballot-recast-hint = Conseillé : une erreur n’est alors jamais définitive.
office-rule = Quelle règle décide ?
office-rule-missing = Choisissez une règle
office-rule-try = Vous hésitez ? Comparez deux règles sur les bulletins d’un vote passé :
office-rule-greedy = Les plus soutenus d’abord
office-rule-greedy-text = Simple à expliquer. La majorité peut tout obtenir, une minorité rien.
office-rule-shares = Parts égales
office-rule-shares-text = Chaque personne dispose de la même part d’argent. Davantage de personnes obtiennent au moins un de leurs projets.
office-rule-no-skip = Les plus soutenus d’abord, arrêt au premier trop cher
office-rule-no-skip-text = Il peut rester beaucoup d’argent.
office-rule-threshold = Les plus soutenus d’abord, avec un minimum
office-rule-threshold-text = Un projet peu soutenu n’est jamais financé, même s’il reste de l’argent.
office-rule-exclusive = Les plus soutenus d’abord, une seule variante
office-rule-exclusive-text = De plusieurs projets d’un même groupe de variantes, seul le premier est financé.
office-rule-phragmen = Phragmén séquentiel
office-rule-phragmen-text = Équitable aussi ; le calcul s’arrête au premier projet que l’enveloppe ne peut pas payer. Pas avec des points.
office-rule-minimum = Voix ou points qu’il faut au moins
office-rule-minimum-hint = Vide : aucun minimum.
office-rule-minimum-missing = Dites combien de voix ou de points il faut
office-rule-part = Financer un projet en partie, à partir de
office-rule-part-hint = À la fin, le premier projet trop cher pour le reste de l’enveloppe reçoit ce reste, s’il couvre au moins cette part de son coût. Vide : tout ou rien. Seulement pour les règles « Les plus soutenus d’abord ».
office-rule-part-wrong = Saisissez un pourcentage de 1 à 99, ou rien
office-rule-not-with-ballot = Cette règle ne va pas avec ce bulletin. Choisissez-en une autre, ou un autre bulletin.
office-rule-ranks-wrong = Les points du classement ne vont pas avec ce bulletin
office-completion = Ce que les parts égales laissent
office-completion-add1u = Augmenter les parts, puis les plus soutenus : presque tout est dépensé
office-completion-add1 = Augmenter les parts : il reste un peu d’argent
office-completion-greedy = Les plus soutenus d’abord
office-completion-none = Ne pas le dépenser
office-shares-only = Seulement pour les parts égales.
office-satisfaction = Ce que l’on gagne à un projet
office-satisfaction-cost = Autant qu’il coûte : les grands projets comptent plus
office-satisfaction-projects = Autant pour chacun : les petits projets ont plus de chances
office-project-new = Ajouter un projet
office-project-lead = Ce que les personnes liront avant de voter.
office-project-title = Titre
office-project-title-wrong = Donnez un titre de 500 caractères au plus
office-project-cost-hint = Par exemple 12 500. Zéro si le projet ne coûte rien.
office-project-cost-wrong = Écrivez un montant, par exemple 12 500 ou 12 500,50
office-project-reference-hint = Ce que portent les bulletins. Vide : le prochain numéro libre.
office-project-reference-wrong = Seulement des lettres sans accent, des chiffres, et . _ - / ; 64 au plus
office-project-reference-taken = Un autre projet du budget porte déjà ce numéro
office-project-text = Description
office-project-text-hint = Ce que c’est, où, pour qui.
office-project-text-wrong = { $most } caractères au plus
office-project-categories-hint = Séparées par des virgules : Parcs, Sport.
office-project-categories-wrong = 50 catégories de 100 caractères au plus
office-project-address-wrong = 500 caractères au plus
office-project-group-hint = De tous les projets qui portent le même nom ici, un seul peut être financé.
office-project-group-wrong = 100 caractères au plus
office-project-delete = Supprimer le projet
office-project-delete-title = Supprimer « { $project } » ?
office-project-delete-gone = Le projet disparaît du budget. On ne pourra pas voter pour lui.
office-project-delete-proposal = La proposition dont il vient reste, et peut redevenir un projet.
office-project-delete-sure = Oui, supprimer ce projet
office-sure-missing = Cochez la case pour continuer
office-import = Reprendre des propositions
office-import-lead = Les propositions retenues deviennent des projets, avec leur coût estimé.
office-import-text = Chaque projet garde le lien vers sa proposition. Tout peut encore être modifié ensuite.
office-import-which = Quelles propositions ?
office-import-do = Reprendre les propositions cochées
office-import-free = sans coût
office-import-missing = Cochez au moins une proposition
office-import-not-accepted = Une de ces propositions n’est plus retenue, ou est masquée : aucune n’a été reprise
office-import-none = Aucune proposition retenue à reprendre
office-import-none-text = Répondez d’abord aux propositions : celles qui sont retenues apparaîtront ici.
office-table = Coller un tableau
office-table-lead = Copiez les cellules de votre tableur, titres compris, et collez-les ici : rien n’est ajouté avant votre accord.
office-table-field = Le tableau
office-table-hint = La première ligne dit ce que contient chaque colonne. Il faut au moins « titre » et « coût ».
office-table-example = Colonnes reconnues, et un exemple
office-table-columns = Titre, coût, numéro, description, catégories, adresse, variante. L’ordre n’importe pas ; les autres colonnes sont ignorées.
office-table-example-text =
    numéro,titre,coût,catégories
    1,Un jardin partagé,12500,Nature
    2,Des arceaux à vélos,3000,Vélo
office-table-check = Vérifier
office-table-empty = Collez un tableau avec une ligne de titres
office-table-no-title = La colonne « titre » manque dans la première ligne
office-table-no-cost = La colonne « coût » manque dans la première ligne
office-table-rows = Il faut de 1 à { $most } lignes sous les titres
office-table-twice = Le numéro { $reference } est déjà dans une ligne plus haut
office-table-taken = Le numéro { $reference } est déjà celui d’un projet du budget
office-table-fault = Ligne { $line } : { $fault }
office-table-more-faults = … et { $count } autres erreurs
office-table-next-number = prochain numéro
office-table-found =
    { PLURAL($count) ->
        [one] Un projet, pour { $cost }.
       *[other] { $count } projets, pour { $cost } en tout.
    }
office-table-first =
    { PLURAL($count) ->
        [one] La première ligne
       *[other] Les { $count } premières lignes
    }
office-table-add =
    { PLURAL($count) ->
        [one] Ajouter ce projet
       *[other] Ajouter ces { $count } projets
    }
office-table-change = Corriger le tableau
office-schedule = Programmer le vote
office-schedule-lead = Dites quand et qui vote ; vous verrez ce qui en découle avant que rien ne soit figé.
office-schedule-no-phase = La démarche n’a pas de phase de vote
office-schedule-no-phase-text = Ajoutez une phase de vote au calendrier de « { $process } ».
office-schedule-no-roll = Il n’y a pas de liste électorale
office-schedule-no-roll-text = Créez une liste et importez-y les personnes qui peuvent voter.
office-schedule-roll = Liste électorale
office-schedule-roll-hint = Seules les personnes de cette liste peuvent voter.
office-schedule-roll-missing = Choisissez une liste électorale
office-schedule-roll-empty = Cette liste n’a aucun membre : importez-les d’abord
office-schedule-phase = Phase de vote : du { $start } au { $end }.
office-schedule-open-day = Jour d’ouverture
office-schedule-open-time = Heure d’ouverture
office-schedule-open-time-hint = Vide : au début du jour.
office-schedule-open-wrong = Le vote doit s’ouvrir pendant une phase de vote de la démarche
office-schedule-close-day = Dernier jour
office-schedule-close-time = Heure de fin
office-schedule-close-time-hint = Vide : à la fin du jour.
office-schedule-close-wrong = La fin doit être dans le futur, après l’ouverture, et dans la même phase de vote
office-schedule-time-wrong = Choisissez un jour, et une heure comme 18:00 si besoin
office-schedule-paper = Saisie des bulletins papier : jours après la fin
office-schedule-paper-hint = Le résultat attend la saisie de tous les lots ouverts avant la fin du vote.
office-schedule-paper-wrong = Écrivez un nombre de 0 à 60
office-schedule-age = Âge minimal
office-schedule-age-hint = Au jour de l’ouverture. Vide : aucun.
office-schedule-age-wrong = Écrivez un âge de 0 à 150
office-schedule-nobody-so-old = Personne de la liste n’a cet âge, ou les dates de naissance manquent
office-schedule-districts = Quartiers qui votent
office-schedule-districts-hint = Rien de coché : le quartier du budget, ou tout le monde s’il n’en a pas.
office-schedule-districts-wrong = Choisissez des quartiers de la liste
office-schedule-nobody-there = Personne de la liste électorale n’habite dans ces quartiers
office-schedule-check = Vérifier
office-schedule-refused = Ce vote ne peut pas être programmé
office-schedule-not-published = La démarche n’est pas publiée. Publiez-la d’abord.
office-schedule-leftover-late = Le budget qui reçoit le reste est déjà compté : choisissez-en un autre, ou gardez le reste ici.
office-schedule-rule-impossible = Aucun bulletin ne pourrait respecter ces règles avec ces projets. Changez les règles.
office-schedule-no-warnings = Rien ne s’oppose à ce vote.
office-schedule-warnings = À vérifier avant de continuer
office-schedule-this = Ce vote
office-schedule-opens = Ouverture
office-schedule-closes = Fin
office-schedule-paper-until = Saisie du papier jusqu’à
office-schedule-who = Qui peut voter
office-schedule-electors =
    { PLURAL($count) ->
        [one] { $count } personne
       *[other] { $count } personnes
    }
office-schedule-district = Quartier
office-schedule-number = Personnes
office-schedule-by-district = Personnes qui peuvent voter, par quartier
office-schedule-freezes = Le budget, ses projets et ses règles sont figés.
office-schedule-clock = Le vote s’ouvre et se ferme tout seul, aux heures dites.
office-schedule-cancel = Jusqu’à l’ouverture, vous pouvez encore tout annuler ; ensuite, non.
office-schedule-sure = Oui, les projets, les règles et les dates sont les bons
office-schedule-do = Programmer le vote
office-schedule-change = Changer quelque chose
office-warning-no-area =
    { PLURAL($count) ->
        [one] Un quartier de la liste électorale ne figure pas parmi les vôtres.
       *[other] { $count } quartiers de la liste électorale ne figurent pas parmi les vôtres.
    }
office-warning-nobody =
    { PLURAL($count) ->
        [one] Dans un quartier du vote, personne ne peut voter.
       *[other] Dans { $count } quartiers du vote, personne ne peut voter.
    }
office-warning-no-district =
    { PLURAL($count) ->
        [one] Une personne de la liste n’a pas de quartier : elle ne peut pas voter, ou n’est comptée dans aucun.
       *[other] { $count } personnes de la liste n’ont pas de quartier : elles ne peuvent pas voter, ou ne sont comptées dans aucun.
    }
office-warning-no-birth-date =
    { PLURAL($count) ->
        [one] Une personne sans date de naissance ne peut pas voter.
       *[other] { $count } personnes sans date de naissance ne peuvent pas voter.
    }
office-warning-dearer =
    { PLURAL($count) ->
        [one] Un projet coûte plus que le budget et ne sera jamais financé.
       *[other] { $count } projets coûtent plus que le budget et ne seront jamais financés.
    }
office-warning-free =
    { PLURAL($count) ->
        [one] Un projet ne coûte rien.
       *[other] { $count } projets ne coûtent rien.
    }
office-warning-examples = Par exemple : { $list }.
office-progress-title = Où en est « { $project } »
office-progress-lead = Un compte rendu est public, daté d’aujourd’hui, et n’efface jamais les précédents.
office-progress-status = État
office-progress-status-missing = Choisissez où en est le projet
office-progress-planning-text = Études, concertation, marchés.
office-progress-carried-out-text = Les travaux ont commencé.
office-progress-finished-text = Le projet est livré.
office-progress-given-up-text = Il ne sera pas réalisé. Le texte doit dire pourquoi.
office-progress-percent = Avancement
office-progress-percent-hint = De 0 à 100.
office-progress-percent-wrong = Écrivez un nombre de 0 à 100
office-progress-spent = Dépensé jusqu’ici
office-progress-spent-hint = Le projet était prévu à { $cost }.
office-progress-note = Nouvelles
office-progress-note-hint = Ce qui a été fait, ce qui vient, quand.
office-progress-note-missing = Dites pourquoi le projet est abandonné
office-progress-note-wrong = Le texte a { $most } caractères au plus, et est nécessaire pour un abandon
office-progress-publish = Publier le compte rendu
office-progress-public = Voir la page publique du projet
office-progress-before = Comptes rendus précédents
office-progress-when = Date
office-try = Essayer une règle
office-try-lead = Comparez deux règles sur les bulletins d’un vote passé : qui gagne, et combien de personnes obtiennent quelque chose.
office-try-file = Bulletins d’un vote (.pb)
office-try-file-hint = Le fichier .pb d’un résultat publié, 16 Mo au plus. Il n’est pas conservé.
office-try-file-missing = Choisissez un fichier .pb
office-try-unreadable = Ce fichier n’est pas un fichier .pb que l’on puisse lire. Prenez celui d’un résultat publié.
office-try-too-large = Ce fichier est trop grand pour un essai : 16 Mo, 1 000 projets et 500 000 bulletins au plus
office-try-not-with-file = Cette règle ne peut pas compter ces bulletins. Choisissez-en une autre.
office-try-busy = Un autre calcul est en cours, ou celui-ci est trop long. Réessayez dans un instant, ou avec une autre règle.
office-try-first = Première règle
office-try-second = Deuxième règle
office-try-do = Comparer
office-try-again = Comparer autre chose
office-try-results = Les deux règles
office-try-same = Les deux règles financent les mêmes projets.
office-try-satisfied = obtiennent au moins un de leurs projets ({ $count } sur { $all })
office-try-spent = dépensés sur { $budget }
office-try-caption = Les projets : d’abord ceux sur lesquels les règles diffèrent
office-try-shares-add1u = Parts égales, presque tout dépensé
office-try-shares-add1 = Parts égales, parts augmentées
office-try-shares-greedy = Parts égales, puis les plus soutenus
office-try-shares-none = Parts égales, le reste non dépensé
