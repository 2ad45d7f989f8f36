# La première page et la recherche.

home-crumb = Accueil
home-title = Participer – { $organization }
home-heading = Participez : { $organization }
home-about = Lisez ce qui est prévu, proposez des projets, votez et suivez ce qu’ils deviennent.
home-votes =
    { PLURAL($count) ->
        [one] Un vote est ouvert
       *[other] { $count } votes sont ouverts
    }
home-votes-until =
    { PLURAL($count) ->
        [one] Fin du vote : { $end }.
       *[other] Fin du premier : { $end }.
    }
home-vote = Voter maintenant
home-sheets = Pétitions à signer
home-now = En ce moment
home-now-empty = Rien n’est en cours pour le moment
home-now-empty-text = Ce qui se prépare et ce qui a été décidé apparaîtra ici dès qu’il y aura quelque chose.
home-coming = Bientôt
home-results = Ce qui a été décidé
home-all = Toutes les démarches
home-search-title = Rechercher
home-search-words = Que cherchez-vous ?
home-search-hint = Démarches, propositions et projets qui contiennent tous ces mots.
home-search-go = Rechercher
home-search-found =
    { PLURAL($count) ->
        [one] { $count } résultat
       *[other] { $count } résultats
    }
home-search-nothing = Aucun résultat pour « { $words } »
home-search-nothing-text = Essayez avec moins de mots ou d’autres mots. Dans les propositions, seuls des mots entiers sont trouvés.
