# The office's pages of corrections of a signature sheet: minutes, proposals, decisions, appeals.

office-corrections = Intégrité des signatures
office-corrections-see = Surveiller les signatures, en écarter ou en rétablir
office-corrections-lead = Vous pouvez écarter des signatures douteuses sans savoir de qui elles viennent. Il faut deux personnes, et chaque décision est publique.
office-corrections-new = Écarter ou rétablir des signatures
office-corrections-new-lead = Choisissez des entrées du registre public. Vous verrez ce que cela change avant de le proposer.
office-corrections-waiting = En attente d’une deuxième personne
office-corrections-none-waiting = Aucune proposition n’attend.
office-corrections-own = (votre proposition)
office-corrections-short = { $act } : { $which }
office-corrections-short-earlier = { $act } : décision n° { $number }
office-corrections-minutes = Minute par minute
office-corrections-minutes-text = Les dernières minutes où quelqu’un a signé. Un nombre inhabituel peut venir d’un programme, mais aussi d’un passage à la télévision. Rien ici ne dit qui a signé, d’où, ni avec quel service d’identité.
office-corrections-minutes-caption = Signatures par minute, les plus récentes d’abord
office-corrections-no-minutes = Personne n’a encore signé.
office-corrections-minute = Minute
office-corrections-online = En ligne
office-corrections-paper = Sur papier
office-corrections-withdrawn = Retirées
office-corrections-entries = Entrées du registre
office-corrections-range = n° { $first } à { $last }
office-corrections-none = Aucune signature n’a été écartée.
office-corrections-quarantine = Mettre de côté, jusqu’à une décision
office-corrections-invalidate = Annuler : elles ne comptent pas
office-corrections-restore = Rétablir : elles comptent de nouveau
office-corrections-make-final = Annuler pour de bon ce qui est mis de côté
office-corrections-act = Que faut-il faire de ces signatures ?
office-corrections-act-missing = Choisissez ce qu’il faut en faire
office-corrections-about = Sur les signatures écartées par la décision n° { $number }.
office-corrections-first = De l’entrée n°
office-corrections-first-hint = Les entrées sont numérotées à partir de 1, comme sur les reçus.
office-corrections-last = À l’entrée n°
office-corrections-range-wrong = Donnez deux numéros d’entrées du registre, le premier d’abord
office-corrections-this-minute = Seulement celles de cette minute :
office-corrections-channel = Signées
office-corrections-both = En ligne et sur papier
office-corrections-all = Tous les secteurs
office-corrections-earlier = Ou revenir sur une décision
office-corrections-preview = Voir ce que cela change
office-corrections-now =
    { PLURAL($count) ->
        [one] En ce moment, { $count } signature compte.
        [many] En ce moment, { $count } de signatures comptent.
       *[other] En ce moment, { $count } signatures comptent.
    }
office-corrections-second = Rien ne change avant qu’une autre personne de l’équipe confirme.
office-corrections-propose = Proposer
office-corrections-proposal-lead = Une personne de l’équipe l’a proposé. Une autre confirme, ou abandonne la proposition.
office-corrections-public = La décision et sa raison seront inscrites au registre public, pour toujours. Elle pourra être levée par une autre décision.
office-corrections-waits = Vous l’avez proposé. Une autre personne de l’équipe doit confirmer.
office-corrections-confirm = Confirmer la décision
office-corrections-drop = Abandonner la proposition
office-corrections-empty = Aucune signature qui compte n’est choisie : la sélection est vide, ou d’autres décisions l’ont déjà écartée.
office-corrections-not-in-force = Cette décision a déjà été levée, ou ne peut pas être rendue définitive.
office-corrections-decided = Cette proposition a déjà été confirmée ou abandonnée.
office-corrections-too-many = Il y a trop de propositions en attente, ou trop de décisions pour cette pétition.
office-corrections-appeal = Noter un recours
office-corrections-appeal-number = Contre la décision n°
office-corrections-appeal-note = Ce qui en est dit
office-corrections-appeal-hint = Public et conservé. N’y nommez personne qui ne le veut pas.
office-corrections-appeal-do = Noter le recours
office-corrections-appeal-unknown = Il n’y a pas de décision de ce numéro
office-corrections-appeal-missing = Écrivez 1 à 1 000 caractères
office-corrections-done-proposed = La proposition attend une deuxième personne.
office-corrections-done-confirmed = La décision est inscrite au registre public.
office-corrections-done-dropped = La proposition est abandonnée.
office-corrections-done-noted = Le recours est noté dans le registre.
