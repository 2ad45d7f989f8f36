# Agir sur plusieurs propositions à la fois.

office-several = Plusieurs propositions
office-several-lead = Une même décision pour toutes. Rien n’est fait avant que vous ne l’envoyiez.
office-several-check = Choisir « { $title } »
office-several-checked = Agir sur les propositions cochées
office-several-all = Agir sur toutes celles de cette liste
office-several-title =
    { PLURAL($count) ->
        [one] Une proposition choisie
       *[other] { $count } propositions choisies
    }
office-several-which = Voir lesquelles
office-several-others =
    { PLURAL($count) ->
        [one] Et une autre.
       *[other] Et { $count } autres.
    }
office-several-more = La liste est plus longue : seules les { $count } plus récentes sont choisies. Recommencez ensuite pour les autres.
office-several-none = Cochez au moins une proposition
office-several-gone = Votre choix a été oublié après une demi-heure. Choisissez à nouveau les propositions.
office-several-back = Retour aux propositions
office-several-answer-text = Toutes reçoivent la même réponse, publique. Leur coût estimé ne change pas.
office-several-decision = Où en sont les propositions ?
office-several-answer-do =
    { PLURAL($count) ->
        [one] Publier la réponse
       *[other] Publier la réponse à { $count } propositions
    }
office-several-moderate = Masquer ou montrer
office-several-hidden = Que faire ?
office-several-hidden-missing = Choisissez de masquer ou de montrer
office-several-moderate-do =
    { PLURAL($count) ->
        [one] Appliquer
       *[other] Appliquer à { $count } propositions
    }
office-several-done = Ce qui a été fait
office-several-done-lead = Chaque proposition a sa ligne dans le journal.
office-several-answered =
    { PLURAL($count) ->
        [0] Aucune proposition n’a reçu cette réponse.
        [one] Une proposition a reçu cette réponse.
       *[other] { $count } propositions ont reçu cette réponse.
    }
office-several-hid =
    { PLURAL($count) ->
        [0] Aucune proposition n’est masquée.
        [one] Une proposition est masquée.
       *[other] { $count } propositions sont masquées.
    }
office-several-shown =
    { PLURAL($count) ->
        [0] Aucune proposition n’est montrée à nouveau.
        [one] Une proposition est de nouveau visible.
       *[other] { $count } propositions sont de nouveau visibles.
    }
office-several-refused =
    { PLURAL($count) ->
        [one] Une proposition n’a pas changé
       *[other] { $count } propositions n’ont pas changé
    }
office-several-why = Pourquoi
office-several-withdrawn = Elle a été retirée par son auteur.
office-several-unknown = Elle n’existe plus.
