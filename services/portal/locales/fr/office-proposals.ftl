# Les propositions dans l’espace équipe : la file, la réponse, la modération.

office-proposals = Propositions
office-proposals-lead = La file des propositions : répondez, masquez ce qui enfreint les règles, exportez.
office-proposals-new = Sans réponse
office-proposals-none = Aucune proposition pour l’instant
office-proposals-none-text = Elles apparaîtront ici dès que la phase de dépôt sera ouverte.
office-proposals-caption = Les propositions, les plus récentes d’abord
office-proposal = Proposition
office-proposals-since = Déposée le
office-proposals-cost = Coût estimé
office-proposals-hidden = Masquée
office-proposals-export = Exporter en CSV
office-proposals-task =
    { PLURAL($count) ->
        [one] Une proposition attend une réponse
       *[other] { $count } propositions attendent une réponse
    }
office-proposals-task-many = Plus de { $count } propositions attendent une réponse
office-proposal-lead = Lisez la proposition, répondez-y, ou masquez-la si elle enfreint les règles.
office-proposal-public = Voir la page publique
office-proposal-is-hidden = Cette proposition est masquée, pour ce motif public :
office-answer = Répondre
office-answer-decision = Où en est la proposition ?
office-answer-examined-text = L’équipe l’étudie. La réponse définitive viendra.
office-answer-accepted-text = Elle peut devenir un projet d’un budget.
office-answer-rejected-text = Elle n’ira pas plus loin. Dites pourquoi.
office-answer-text = Réponse
office-answer-text-hint = Publique, sous le nom de la collectivité. Une nouvelle réponse remplace la précédente.
office-answer-cost = Coût estimé du projet
office-answer-cost-hint = Par exemple 12 500. Vide : la proposition ne coûte rien.
office-answer-publish = Publier la réponse
office-answer-missing = Choisissez où en est la proposition
office-answer-text-missing = Écrivez une réponse, 20 000 caractères au plus
office-answer-state = La proposition a été retirée, ou elle est devenue un projet : sa réponse ne peut plus changer ainsi
office-answer-is-project = Cette proposition est déjà devenue un projet.
office-answer-done = La réponse est publiée.
office-moderate-hide = Masquer
office-moderate-hide-text = Une proposition masquée n’est plus lisible par le public. Sa page dit qu’elle est masquée, et pourquoi.
office-moderate-hide-do = Masquer la proposition
office-moderate-show = Montrer à nouveau
office-moderate-show-text = La proposition sera de nouveau lisible par tout le monde.
office-moderate-show-do = Montrer la proposition
office-moderate-reason = Motif
office-moderate-reason-hint = Public. Nommez la règle, pas la personne.
office-moderate-reason-missing = Donnez un motif, 1 000 caractères au plus
office-moderate-done-hidden = La proposition est masquée.
office-moderate-done-shown = La proposition est de nouveau visible.
office-csv-id = Identifiant
office-csv-latitude = Latitude
office-csv-longitude = Longitude
