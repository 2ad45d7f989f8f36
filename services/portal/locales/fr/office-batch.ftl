# Agir sur plusieurs propositions à la fois.

office-batch = Plusieurs propositions
office-batch-lead = Une même décision pour toutes. Rien n’est fait avant que vous ne l’envoyiez.
office-batch-check = Choisir « { $title } »
office-batch-checked = Agir sur les propositions cochées
office-batch-all = Agir sur toutes celles de cette liste
office-batch-title =
    { PLURAL($count) ->
        [one] Une proposition choisie
       *[other] { $count } propositions choisies
    }
office-batch-which = Voir lesquelles
office-batch-others =
    { PLURAL($count) ->
        [one] Et une autre.
       *[other] Et { $count } autres.
    }
office-batch-more = La liste est plus longue : seules les { $count } plus récentes sont choisies. Recommencez ensuite pour les autres.
office-batch-none = Cochez au moins une proposition
office-batch-gone = Votre choix a été oublié après une demi-heure. Choisissez à nouveau les propositions.
office-batch-back = Retour aux propositions
office-batch-answer-text = Toutes reçoivent la même réponse, publique. Leur coût estimé ne change pas.
office-batch-decision = Où en sont les propositions ?
office-batch-answer-do =
    { PLURAL($count) ->
        [one] Publier la réponse
       *[other] Publier la réponse à { $count } propositions
    }
office-batch-moderate = Masquer ou montrer
office-batch-hidden = Que faire ?
office-batch-hidden-missing = Choisissez de masquer ou de montrer
office-batch-moderate-do =
    { PLURAL($count) ->
        [one] Appliquer
       *[other] Appliquer à { $count } propositions
    }
office-batch-done = Ce qui a été fait
office-batch-done-lead = Chaque proposition a sa ligne dans le journal.
office-batch-answered =
    { PLURAL($count) ->
        [0] Aucune proposition n’a reçu cette réponse.
        [one] Une proposition a reçu cette réponse.
       *[other] { $count } propositions ont reçu cette réponse.
    }
office-batch-hid =
    { PLURAL($count) ->
        [0] Aucune proposition n’est masquée.
        [one] Une proposition est masquée.
       *[other] { $count } propositions sont masquées.
    }
office-batch-shown =
    { PLURAL($count) ->
        [0] Aucune proposition n’est montrée à nouveau.
        [one] Une proposition est de nouveau visible.
       *[other] { $count } propositions sont de nouveau visibles.
    }
office-batch-refused =
    { PLURAL($count) ->
        [one] Une proposition n’a pas changé
       *[other] { $count } propositions n’ont pas changé
    }
office-batch-why = Pourquoi
office-batch-withdrawn = Elle a été retirée par son auteur.
office-batch-unknown = Elle n’existe plus.
