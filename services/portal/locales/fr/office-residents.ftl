# Comptes en conflit : deux comptes demandent la même personne de la liste.

office-residents = Comptes en conflit
office-residents-lead = Cette page montre les cas où deux comptes demandent à être reliés à la même personne d’une liste électorale. Chaque personne n’a qu’un compte : à vous de décider lequel.
office-residents-none = Aucun conflit
office-residents-none-text = Si deux comptes demandent la même personne d’une liste, le cas apparaîtra ici.
office-residents-caption = Cas, le plus ancien d’abord
office-residents-case = Cas
office-residents-case-of = Numéro { $number }
office-residents-case-lead = Voici les deux comptes. Écrivez à leurs titulaires avant de décider.
office-residents-roll = Liste électorale
office-residents-opened = Ouvert le
office-residents-open = À décider
office-residents-was-kept = Laissé au premier compte
office-residents-was-moved = Donné au compte demandeur
office-residents-decided = Décision
office-residents-open-only = Montrer seulement ce qui est à décider
office-residents-all = Montrer aussi les cas décidés
office-residents-holder = Compte relié aujourd’hui
office-residents-claimant = Compte demandeur
office-residents-no-name = Pas encore de nom
office-residents-no-account = Aucun : le compte est effacé ou n’est plus relié.
office-residents-what = Que faire ?
office-residents-ask = Écrivez aux deux adresses et demandez à qui appartient le courrier. N’envoyez ni numéro ni code.
office-residents-same = Si les deux comptes sont à la même personne, donnez le lien au compte qu’elle veut garder.
office-residents-stolen = Si quelqu’un s’est servi du courrier d’une autre personne, remplacez aussi le code de celle-ci, sur la page de la liste.
office-residents-keep = Laisser au compte relié
office-residents-move = Donner au compte demandeur
office-residents-close = Clore le cas sans relier
office-residents-keep-title = Laisser cette personne au compte qui est relié ?
office-residents-keep-holder = Le compte relié aujourd’hui le reste.
office-residents-keep-claimant = Le compte demandeur n’est pas relié à cette personne de la liste.
office-residents-move-title = Donner cette personne au compte demandeur ?
office-residents-move-claimant = Le compte demandeur devient celui d’un habitant vérifié et vote comme cette personne.
office-residents-move-holder = Le compte relié aujourd’hui ne l’est plus. Ce qu’il a écrit demeure.
office-residents-vote = Un bulletin déjà déposé par l’un ou l’autre reste valable et ne compte qu’une fois. La décision ne peut pas être reprise ici.
office-residents-sure = J’ai vérifié à qui appartient le courrier.
office-residents-not-sure = Cochez la case une fois que vous avez vérifié.
office-residents-kept = Le cas est clos : le lien n’a pas changé.
office-residents-moved = Le cas est clos : la personne est reliée au compte demandeur.
office-residents-decided-before = Ce cas a été décidé entre-temps. Rien n’a été changé.
office-residents-other-member = Le compte demandeur est déjà relié à une autre personne de cette liste. Rien n’a été changé.
office-residents-task =
    { PLURAL($count) ->
        [one] { $count } compte en conflit attend votre décision
       *[other] { $count } comptes en conflit attendent votre décision
    }
office-residents-task-text = Deux comptes demandent la même personne d’une liste. Jusqu’à votre décision, le second n’est pas relié.
