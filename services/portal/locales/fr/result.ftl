# Les résultats, les règles qui décident, et comment chacun les vérifie.

result-title = Résultat
result-page-title = Résultat – { $budget }
result-heading = Résultat : { $budget }
result-about =
    { PLURAL($count) ->
        [one] { $count } projet financé par { $ballots } bulletins ; { $spent } engagés.
       *[other] { $count } projets financés par { $ballots } bulletins ; { $spent } engagés.
    }
result-not-yet = Il n’y a pas encore de résultat.
result-not-yet-until = Fin du vote : { $end }. Le résultat suivra.
result-see-budget = Voir le budget et ses projets
result-published = Publié le
result-funded-count =
    { PLURAL($count) ->
        [one] projet financé
       *[other] projets financés
    }
result-ballots =
    { PLURAL($count) ->
        [one] bulletin
       *[other] bulletins
    }
result-spent = engagés
result-left = restants
result-spent-of = Part de l’enveloppe de { $amount }
result-satisfied = Part des votantes et votants dont au moins un projet est financé : { $share }.
result-funded = Projets financés
result-funded-caption = Dans l’ordre du financement
result-funded-none = Aucun projet n’est financé
result-funded-none-text = Chaque projet ci-dessous dit pourquoi.
result-not-funded = Projets non financés
result-not-funded-caption = Par nombre de voix
result-project = Projet
result-votes = Voix
result-points = Points
result-reason = Pourquoi
result-chart-votes = Les projets avec le plus de voix
result-chart-points = Les projets avec le plus de points
result-chart-about =
    { PLURAL($count) ->
        [one] Une barre : le projet le plus soutenu. Elle dit s’il est financé.
       *[other] { $count } barres, la plus longue d’abord : les projets les plus soutenus. Chacune dit si le projet est financé.
    }
result-why-next = Financé au tour { $round } : c’était le suivant par ordre de soutien. Il restait ensuite { $left }.
result-why-paid =
    { PLURAL($count) ->
        [one] Financé au tour { $round } : { $count } de ses soutiens l’a payé avec sa part, { $most } au plus. Il restait ensuite { $left }.
       *[other] Financé au tour { $round } : { $count } de ses soutiens l’ont payé avec leur part, au plus { $most } par personne. Il restait ensuite { $left }.
    }
result-why-in-part = Financé en partie au tour { $round } : c’était le premier des projets trop chers pour ce qui restait. Il reçoit { $granted } sur { $cost }.
result-why-does-not-fit = Il coûte { $cost } ; il ne restait que { $left } quand son tour est venu. Il manquait { $lacking }.
result-why-below = Il a obtenu { $score } ; il fallait au moins { $count }.
result-why-excluded = Il exclut le projet { $other }, qui est financé (groupe « { $group } »).
result-why-envelope = Il coûte { $cost } ; il ne restait que { $left } pour « { $group } ».
result-why-supporters =
    { PLURAL($count) ->
        [one] La personne qui le soutient n’avait plus que { $had } ; il en fallait { $needed }.
       *[other] Ses { $count } soutiens n’avaient plus que { $had } chacun en moyenne ; il en fallait { $needed }.
    }
result-why-lacking = Il coûte { $cost } ; il manquait { $lacking } à l’ensemble de ses soutiens.
result-why-stopped = La règle s’arrête au premier projet trop cher : le projet { $other }.
result-why-no-support = Personne n’a voté pour ce projet.
result-why-withdrawn = Il a été retiré.
result-turnout = La participation
result-turnout-all =
    { PLURAL($count) ->
        [one] { $count } personne a voté.
        [many] { $count } de personnes ont voté.
       *[other] { $count } personnes ont voté.
    }
result-blank =
    { PLURAL($count) ->
        [one] { $count } bulletin papier était blanc.
       *[other] { $count } bulletins papier étaient blancs.
    }
result-invalid =
    { PLURAL($count) ->
        [one] { $count } bulletin papier était nul.
       *[other] { $count } bulletins papier étaient nuls.
    }
result-districts = Bulletins par quartier
result-districts-about = Une barre par quartier, la plus longue d’abord.
result-district = Quartier
result-district-none = Sans quartier
result-district-small = Plusieurs petits quartiers réunis
result-ballots-column = Bulletins
result-channels = Bulletins par quartier et par voie
result-online = En ligne
result-paper = Sur papier
result-any-channel = L’une ou l’autre (trop peu pour distinguer)
result-rule = Comment la décision a été prise
result-rule-who = La règle a été choisie par { $organization } avant l’ouverture du vote. Elle a été figée avec le vote et appliquée par un programme ; personne ne décide à la main.
result-rule-greedy = Les projets sont pris dans l’ordre de leur soutien, le plus soutenu d’abord.
result-rule-skip = Un projet qui coûte plus que ce qui reste est passé, et l’on regarde le suivant.
result-rule-no-skip = Au premier projet qui coûte plus que ce qui reste, la règle s’arrête.
result-rule-exclusive = De plusieurs projets qui s’excluent, seul le premier est financé.
result-rule-in-part = Ce qui reste à la fin va au premier projet trop cher, s’il représente au moins { $percent } % de son coût : ce projet est alors financé en partie.
result-rule-minimum =
    { PLURAL($count) ->
        [one] Seuls les projets qui ont au moins { $count } voix ou point peuvent être financés.
       *[other] Seuls les projets qui ont au moins { $count } voix ou points peuvent être financés.
    }
result-rule-shares = L’argent est divisé en parts égales entre toutes les personnes qui ont voté (méthode des parts égales).
result-rule-shares-round = Un projet est financé quand ses soutiens peuvent le payer ensemble avec leurs parts. À chaque tour, c’est le projet qui leur demande le moins par rapport à ce qu’ils y gagnent ; chacun paie autant, ou ce qui reste de sa part.
result-rule-shares-cost = Ce qu’une personne gagne à un projet compte selon son coût.
result-rule-shares-cardinality = Chaque projet qu’une personne soutient compte autant, ou selon ses points.
result-rule-shares-integral = Les parts sont d’abord arrondies à l’unité inférieure.
result-rule-shares-none = Ce qui reste à la fin n’est pas dépensé.
result-rule-shares-greedy = Ce qui reste à la fin va aux projets dans l’ordre de leur soutien.
result-rule-shares-add-unit = Pour qu’il reste peu, le calcul est répété avec des parts plus grandes d’une unité monétaire à chaque fois, tant que les projets financés ne coûtent pas plus que l’enveloppe.
result-rule-shares-add = Pour qu’il reste peu, le calcul est répété avec des parts plus grandes de { $step } à chaque fois, tant que les projets financés ne coûtent pas plus que l’enveloppe.
result-rule-shares-exhaustive = Il s’arrête aussi quand plus aucun projet ne peut être payé.
result-rule-shares-comparison = Si davantage de personnes gagneraient plus à ce que les projets soient pris dans l’ordre de leur soutien, c’est ce qui est fait.
result-rule-borda = Une place dans le classement donne des points : la première le plus, chacune des suivantes un de moins.
result-rule-ranks = Les places du classement donnent ces points, la meilleure d’abord : { $points }.
result-rule-ties = En cas d’égalité, on regarde dans cet ordre : { $chain }.
result-rule-seed = Le tirage au sort peut être refait à partir de sa graine publiée, « { $seed } ».
result-tie-votes = le plus de voix
result-tie-cheapest = le moins cher
result-tie-dearest = le plus cher
result-tie-lot = tirage au sort
result-tie-reference = numéro du projet
result-ties =
    { PLURAL($count) ->
        [one] { $count } égalité départagée
       *[other] { $count } égalités départagées
    }
result-tie = Tour { $round } : les projets { $projects } étaient à égalité ; { $chosen } est passé devant ({ $by }).
result-check = Vérifiez vous-même
result-check-text = Tous les bulletins sont publiés sans nom. Chacun peut les compter à nouveau.
result-download-pb = Télécharger les bulletins (.pb)
result-download-json = Télécharger le résultat (.json)
result-check-how = Enregistrez les bulletins sous le nom result.pb et lancez le programme comitia. Il répond VERIFIED quand le fichier est celui qui a été scellé et que le calcul donne la même chose, sinon ALTERED.
result-digests = Empreintes
result-digest = De quoi
result-digest-value = SHA-256
result-digest-seal = Les bulletins scellés
result-digest-trace = Chaque étape du calcul
result-digest-codes = Les codes de suivi de tous les bulletins en ligne
result-small-groups = Pour que le vote de personne ne puisse être deviné, aucun groupe de moins de { $count } bulletins n’est publié seul : les petits quartiers sont réunis, et quand trop peu de personnes ont voté d’une façon, cette façon n’est pas indiquée.
result-set-aside =
    { PLURAL($count) ->
        [one] { $count } lot de bulletins papier n’est pas compté ; deux agents l’ont écarté, pour ce motif :
       *[other] { $count } lots de bulletins papier ne sont pas comptés ; deux agents les ont écartés, pour ces motifs :
    }
result-rule-phragmen = Phragmén séquentiel : chaque personne qui a voté gagne de l’argent au même rythme. Un projet est financé dès que ses soutiens peuvent le payer ensemble ; leur argent est alors dépensé. Le calcul s’arrête au premier projet que l’enveloppe ne peut pas payer.
result-download-csv = Télécharger les projets (.csv)
result-blank-ballots =
    { PLURAL($count) ->
        [one] { $count } bulletin n’a rien choisi.
       *[other] { $count } bulletins n’ont rien choisi.
    }
result-leftover-from = Dont { $amount } laissés par un autre budget :
result-leftover-to = Ce qui reste ({ $amount }) va à un autre budget de la même démarche.
recount-title = Comptez vous-même, ici
result-check-program = Comptez avec votre propre programme
recount-about = Votre navigateur charge les bulletins publiés et le programme de calcul, vérifie le scellé et refait le calcul. Il n’envoie rien.
recount-start = Compter dans ce navigateur
recount-busy = Votre navigateur compte. Pour un grand vote, cela peut durer une minute.
recount-same = Votre navigateur arrive au même résultat.
recount-same-seal = Les bulletins et les projets sont ceux qui ont été scellés à la clôture.
recount-same-funded = Les mêmes projets sont financés.
recount-same-trace = Chaque étape du calcul est la même.
recount-took = Temps de calcul :
recount-different = Votre navigateur n’arrive pas au résultat publié.
recount-fault-file = Le fichier reçu n’est pas un fichier de bulletins.
recount-fault-seal = Le fichier reçu n’est pas celui qui a été scellé à la clôture : il a été modifié.
recount-fault-funded = Le calcul finance d’autres projets que ceux de cette page.
recount-fault-trace = Au moins une étape du calcul n’est pas celle qui a été publiée.
recount-different-now = Rechargez la page et comptez encore une fois. Si la réponse reste la même, gardez le fichier des bulletins et signalez-le à la collectivité.
recount-failed = Le calcul n’a pas pu se faire.
recount-failed-now = Les bulletins ou le programme ne sont pas arrivés, ou votre navigateur est trop ancien. Cela ne dit rien du résultat. Réessayez, ou comptez avec le programme comitia.
recount-without-script = Votre navigateur n’exécute pas de scripts : comptez avec le programme comitia.
recount-absent = Ce site a été construit sans le programme qui compte dans le navigateur : comptez avec le programme comitia.
