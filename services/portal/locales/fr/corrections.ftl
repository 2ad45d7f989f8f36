# Words of the register of corrections of a sheet: what was set aside or restored, why, and what it did.

corrections-title = Signatures écartées ou rétablies
corrections-lead = Aucune signature n’est effacée. Quand deux personnes de l’équipe en écartent, chaque décision est inscrite au registre public, avec sa raison.
corrections-decided = Le { $time }
corrections-final = Ne comptent pas
corrections-waits = En attente d’une décision
corrections-restored = Rétablies
corrections-quarantine =
    { PLURAL($count) ->
        [one] { $count } signature est mise de côté, jusqu’à une décision.
        [many] { $count } de signatures sont mises de côté, jusqu’à une décision.
       *[other] { $count } signatures sont mises de côté, jusqu’à une décision.
    }
corrections-invalidation =
    { PLURAL($count) ->
        [one] { $count } signature est annulée : elle ne compte pas.
        [many] { $count } de signatures sont annulées : elles ne comptent pas.
       *[other] { $count } signatures sont annulées : elles ne comptent pas.
    }
corrections-restoration =
    { PLURAL($count) ->
        [one] { $count } signature compte de nouveau : elle avait été écartée par la décision n° { $number }.
        [many] { $count } de signatures comptent de nouveau : elles avaient été écartées par la décision n° { $number }.
       *[other] { $count } signatures comptent de nouveau : elles avaient été écartées par la décision n° { $number }.
    }
corrections-made-final = Les signatures mises de côté par la décision n° { $number } sont annulées : elles ne comptent pas.
corrections-entries = Entrées n° { $first } à { $last } du registre
corrections-online = en ligne
corrections-paper = sur papier
corrections-district = secteur « { $district } »
corrections-since = acceptées à partir du { $time }
corrections-before = acceptées avant le { $time }
# Between two of the conditions above.
corrections-and = { " ; " }
corrections-reason = La raison :
corrections-no-milestone = Aucun palier n’en est changé.
corrections-lost = Le palier « { $milestone } » n’est plus tenu.
corrections-regained = Le palier « { $milestone } » est tenu.
corrections-appeal = Recours noté le { $time } :
corrections-file = Les décisions d’écarter ou de rétablir des signatures (JSON)
corrections-count =
    { PLURAL($count) ->
        [one] { $count } signature est écartée par une décision publique. Elle n’est pas dans le total.
        [many] { $count } de signatures sont écartées par une décision publique. Elles ne sont pas dans le total.
       *[other] { $count } signatures sont écartées par une décision publique. Elles ne sont pas dans le total.
    }
corrections-see = Voir les décisions et leurs raisons
corrections-proved = Cette signature est mise de côté
corrections-proved-text = Elle est la n° { $number } du registre, et y reste. Elle ne compte pas tant qu’il n’est pas décidé si elle est valable.
corrections-proved-final = Cette signature ne compte pas
corrections-proved-final-text = Elle est la n° { $number } du registre, et y reste. Elle a été annulée avec d’autres, sans que personne sache de qui elle vient.
