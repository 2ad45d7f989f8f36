# Le papier dans l’espace équipe : lots, double saisie, comptage.

office-paper = Bulletins papier
office-paper-lead = Saisissez les bulletins papier, deux fois par deux personnes, puis comptez-les.
office-paper-none = Aucun vote n’accepte de papier en ce moment
office-paper-none-text = Le papier se saisit pendant le vote, et quelques jours après sa fin.
office-paper-now = Votes dont le papier se saisit maintenant
office-paper-others = Autres votes
office-paper-until = Saisie possible jusqu’au { $until }.
office-paper-form = Bulletin à imprimer
office-paper-form-title = Bulletin à imprimer : { $vote }
office-batches-lead = Ouvrez un lot par urne remise avant la fin du vote, puis saisissez ses bulletins.
office-batches-none = Aucun lot pour l’instant
office-batches-none-text = Ouvrez un lot pour la première urne.
office-batches-none-now = Les lots s’ouvrent tant que le vote est ouvert.
office-batches-caption = Les lots de ce vote
office-batch = Lot
office-batch-open = Ouvrir un lot
office-batch-title = Nom du lot
office-batch-title-hint = Ce qui est écrit sur l’urne, par exemple « Urne 12 ».
office-batch-title-wrong = Donnez un nom de 200 caractères au plus
office-batch-first = première saisie
office-batch-second = deuxième saisie
office-batch-counted = comptés
office-batch-rejected = non comptés
office-batch-entering = En saisie
office-batch-agreed = À compter
office-batch-committed = Compté
office-batch-aside = Écarté
office-batch-done-committed = Le lot est compté. Ouvrez-le pour voir ce qui ne l’a pas été.
office-batch-done-aside = Le lot est écarté.
office-batch-done-proposed = La mise à l’écart est proposée. Une autre personne doit confirmer.
office-batch-lead-entering = Saisissez tous les bulletins de ce lot, comme ils sont marqués.
office-batch-lead-agreed = Les deux saisies sont identiques : le lot peut être compté.
office-batch-lead-committed = Ce lot est compté. Rien ne relie plus un bulletin à une personne.
office-batch-lead-aside = Ce lot est écarté : ses bulletins ne comptent pas.
office-batch-be-first = Personne n’a encore saisi ce lot. Vous ferez la première saisie.
office-batch-be-second = Une autre personne a fait la première saisie. Faites la deuxième sans regarder la sienne.
office-batch-you-first = Vous faites la première saisie. Une autre personne fera la deuxième.
office-batch-you-second = Vous faites la deuxième saisie.
office-batch-differ = Les deux saisies diffèrent. Reprenez le papier et corrigez la vôtre.
office-batch-differences =
    { PLURAL($count) ->
        [one] Une différence
       *[other] { $count } différences
    }
office-batch-differences-text = Saisissez de nouveau un bulletin sous son numéro pour le corriger. Chacun corrige sa propre saisie.
office-batch-differences-caption = Où les deux saisies diffèrent
office-batch-what-differs = Ce qui diffère
office-batch-first-entry = Première saisie
office-batch-second-entry = Deuxième saisie
office-batch-mine = la vôtre
office-differs-ballot = Le choix
office-differs-voter = Le numéro d’électeur
office-differs-first-missing = Manque dans la première
office-differs-second-missing = Manque dans la deuxième
office-batch-commit = Compter ce lot
office-batch-commit-title = Compter « { $batch } » ?
office-batch-commit-counts =
    { PLURAL($count) ->
        [one] Un bulletin est compté.
       *[other] { $count } bulletins sont comptés.
    }
office-batch-commit-twice = Le bulletin d’une personne qui a déjà voté n’est pas compté ; vous verrez son numéro.
office-batch-commit-forgets = Ensuite, plus rien ne relie un bulletin à une personne : gardez le papier sous clé.
office-batch-commit-sure = Oui, compter ces bulletins
office-batch-rejected-title = Bulletins non comptés
office-batch-rejected-caption = Leur numéro, et pourquoi
office-rejected-online = La personne a voté en ligne
office-rejected-paper = La personne a déjà voté sur papier
office-rejected-twice = Deux bulletins de la même personne dans ce lot
office-batch-set-aside = Écarter ce lot
office-batch-aside-see = Une mise à l’écart est proposée : lire
office-batch-aside-lead = Un lot que l’on ne peut pas compter est écarté par deux personnes.
office-batch-aside-why = Motif
office-batch-aside-waits = Vous l’avez proposé. Une autre personne doit confirmer.
office-batch-aside-forgets = La saisie est effacée et les bulletins de ce lot ne comptent pas.
office-batch-aside-public = Le nom du lot et le motif sont publics, avec le résultat.
office-batch-aside-two = Vous ne faites que proposer : une autre personne doit confirmer.
office-batch-aside-propose = Proposer de l’écarter
office-batch-aside-confirm = Confirmer
office-batch-back = Revenir au lot
office-batch-second-officer = Il faut une autre personne : vous ne pouvez pas faire les deux saisies, ni confirmer votre propre demande.
office-batch-entries-differ = Les deux saisies diffèrent, ou la deuxième manque.
office-batch-finished = Ce lot est déjà compté ou écarté.
office-batch-too-late = Le temps de saisir le papier est passé.
office-batch-closed = Le vote est clos : plus aucun lot ne peut être ouvert.
office-batch-not-open = Le vote n’est pas encore ouvert.
office-entry-title = Saisir des bulletins
office-entry-how = Une ligne par bulletin. Dans « Choix », les numéros des projets séparés par des espaces ; avec des points, 3=2. Écrivez b pour un bulletin blanc, x pour un bulletin nul. Tab passe au champ suivant, Entrée enregistre.
office-entry-projects = Les projets et leurs numéros
office-entry-caption = Bulletins
office-entry-number = N° du bulletin
office-entry-member = N° d’électeur
office-entry-marks = Choix
office-entry-label = { $label }, ligne { $row }
office-entry-save = Enregistrer et continuer
office-entry-own =
    { PLURAL($count) ->
        [one] Votre saisie : un bulletin
       *[other] Votre saisie : { $count } bulletins
    }
office-entry-own-text = Pour corriger un bulletin, saisissez-le de nouveau sous le même numéro.
office-entry-own-caption = Ce que vous avez saisi, le dernier d’abord
office-entry-remove = Retirer
office-entry-blank = blanc
office-entry-invalid = nul
office-entry-nothing = rien de marqué
office-entry-nothing-typed = Saisissez au moins un bulletin
office-entry-number-wrong = Écrivez le numéro tamponné sur le bulletin : lettres sans accent, chiffres, . _ -
office-entry-number-twice = Ce numéro est déjà dans une ligne plus haut
office-entry-member-missing = Écrivez le numéro d’électeur
office-entry-marks-missing = Écrivez les choix, b pour blanc ou x pour nul
office-entry-unknown = Aucun projet ne porte le numéro { $word }
office-entry-points = « { $word } » : les points s’écrivent 3=2 quand le vote en a, et pas autrement
office-entry-twice = Le projet { $word } est marqué deux fois : si c’est sur le papier, écrivez x
office-entry-breaks-rules = Ces choix enfreignent les règles du vote : vérifiez la saisie, ou écrivez x si le papier dit cela
office-entry-too-many = Un lot a de 1 à 1 000 bulletins
office-entry-not-in-roll = Ce numéro n’est pas dans la liste électorale
office-entry-left = Cette personne a quitté la liste avant l’ouverture du vote
office-entry-other-district = Cette personne habite un quartier qui ne vote pas ici
office-entry-no-birth-date = La date de naissance manque dans la liste, et le vote a un âge minimal
office-entry-too-young = Cette personne est trop jeune pour ce vote
office-entry-not-eligible = Cette personne ne peut pas voter ici : vérifiez le numéro
office-form-print = Imprimez cette page avec votre navigateur (Ctrl + P). Seul le bulletin est imprimé.
office-form-number = N° du bulletin
office-form-member = N° d’électeur
office-form-tick = Cochez vos choix.
office-form-points = Écrivez vos points devant chaque projet choisi.
office-form-ranks = Écrivez 1 devant votre premier choix, 2 devant le deuxième, et ainsi de suite.
office-form-foot = { $organization }. Le numéro d’électeur empêche de voter deux fois ; il est effacé quand le bulletin est compté.
