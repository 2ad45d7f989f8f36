# Les budgets et les projets.

budgets-amount = Enveloppe : { $amount }
budgets-envelope = à dépenser
budgets-area = quartier
budgets-everywhere = Tout le territoire
budgets-about =
    { PLURAL($count) ->
        [one] { $process } : le budget et son projet
       *[other] { $process } : le budget et ses { $count } projets
    }
budgets-state-draft = En préparation
budgets-state-scheduled = Vote programmé
budgets-state-open = Vote ouvert
budgets-state-counting = Dépouillement
budgets-state-decided = Décidé
budgets-state-annulled = Annulé
budgets-see-result = Voir le résultat
budgets-annulled = Ce vote a été annulé ; il n’y a pas de résultat.
budgets-open = Le vote est ouvert
budgets-open-until = Fin du vote : { $end }.
budgets-scheduled = Ouverture du vote : { $start }. Fin du vote : { $end }.
budgets-counting = Le vote est terminé. Les bulletins sont en cours de dépouillement ; le résultat sera publié ici.
budgets-draft = Le vote est en préparation : les projets et les règles peuvent encore changer.
budgets-how = Comment on vote et comment on décide
budgets-how-ballot = Comment on vote
budgets-how-decided = Comment on décide
budgets-projects-label =
    { PLURAL($count) ->
        [one] projet
       *[other] projets
    }
budgets-projects = Projets
budgets-projects-none = Il n’y a pas encore de projet
budgets-projects-none-text = L’équipe transforme les propositions retenues en projets.
budgets-none-found = Aucun projet ne correspond
budgets-show-all = Voir tous les projets
budgets-found =
    { PLURAL($count) ->
        [one] { $count } projet
       *[other] { $count } projets
    }
budgets-any = Toutes
budgets-filter-words = Mots
budgets-filter-category = Catégorie
budgets-sort = Ordre
budgets-sort-number = Par numéro
budgets-sort-title = Par titre
budgets-sort-cheapest = Du moins cher au plus cher
budgets-sort-dearest = Du plus cher au moins cher
budgets-ballot-approval = Vous choisissez les projets que vous soutenez.
budgets-ballot-knapsack = Vous choisissez des projets dont le coût total ne dépasse pas { $most }.
budgets-ballot-points =
    { PLURAL($count) ->
        [one] Vous avez { $count } point à donner.
       *[other] Vous répartissez { $count } points entre les projets.
    }
budgets-ballot-ranking = Vous classez des projets par ordre de préférence.
budgets-ballot-one = Vous choisissez un seul projet.
budgets-ballot-score = Vous donnez jusqu’à { $most } points à chaque projet.
budgets-ballot-most =
    { PLURAL($count) ->
        [one] Vous pouvez choisir { $count } projet.
       *[other] Vous pouvez choisir { $count } projets au plus.
    }
budgets-ballot-least = Vous choisissez au moins { $count } projets.
budgets-ballot-between = Vous choisissez de { $least } à { $most } projets.
budgets-ballot-cost = Ensemble, ils coûtent au plus { $most }.
budgets-ballot-recast = Vous pouvez modifier votre bulletin jusqu’à la fin du vote ; le dernier compte.
projects-number = N° { $number }
projects-cost = Coût
projects-place = Lieu
projects-map = Carte avec le lieu du projet
projects-categories = Catégories
projects-reference = Numéro
projects-budget = Budget
projects-exclusion = Variantes
projects-exclusion-text = Un seul projet du groupe « { $group } » peut être financé.
projects-proposal = Origine
projects-proposal-link = La proposition d’une personne participante
projects-funded = Financé
projects-not-funded = Non financé
projects-planning = En préparation
projects-carried-out = En cours de réalisation
projects-finished = Terminé
projects-given-up = Abandonné
projects-decided = Ce qui a été décidé
projects-votes =
    { PLURAL($count) ->
        [one] { $count } personne a voté pour ce projet.
        [many] { $count } de personnes ont voté pour ce projet.
       *[other] { $count } personnes ont voté pour ce projet.
    }
projects-see-result = Voir tout le résultat
projects-follow-up = L’avancement
projects-progress = Avancement
projects-no-report = Il n’y a pas encore de compte rendu.
projects-report = Compte rendu
projects-report-figures = Avancement : { $done }, dépensé : { $spent }.
budgets-leftover = Ce qui n’est pas dépensé va à un autre budget de la même démarche.
