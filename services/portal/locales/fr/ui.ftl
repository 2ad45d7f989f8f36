# Words of the frame and of the components.

ui-skip = Aller au contenu
ui-menu = Menu
ui-navigation = Navigation principale
ui-language = Langue
ui-account-navigation = Compte
ui-sign-in = Se connecter
ui-sign-out = Se déconnecter
ui-my-account = Mon compte
ui-footer = Informations sur le site
ui-home-link = { $organization }, accueil
ui-error-title = Erreur : { $title }
ui-page-title = { $title } – { $organization }
ui-error-summary = Un problème est survenu
ui-error-prefix = Erreur :
ui-optional = (facultatif)
ui-notice-info = Information :
ui-notice-success = Réussi :
ui-notice-warning = Attention :
ui-notice-error = Erreur :
ui-breadcrumbs = Fil d’Ariane
ui-pagination = Pages de résultats
ui-previous-page = Page précédente
ui-next-page = Page suivante
ui-filter = Filtrer
ui-filter-active =
    { PLURAL($count) ->
        [one] { $count } filtre actif
       *[other] { $count } filtres actifs
    }
ui-filter-apply = Appliquer
ui-filter-reset = Tout effacer
ui-phase-past = Terminé
ui-phase-current = En cours
ui-phase-coming = À venir
ui-phase-now = Ce que vous pouvez faire maintenant
ui-period-from-to = Du { $start } au { $end }
ui-period-from = À partir du { $start }
ui-period-until = Jusqu’au { $end }
ui-steps = Étape { $step } sur { $count }
ui-change = Modifier
ui-chart-numbers = Voir les chiffres
ui-tracking-code = Code QR de l’adresse { $url }
ui-map-open = Ouvrir la carte
ui-map-failed = La carte n’a pas pu être ouverte. Tout ce qu’elle montre se lit ou se saisit aussi sans elle.
ui-map-nearer = Agrandir
ui-map-farther = Réduire
ui-map-tiles = À l’ouverture, le fond de carte vient de { $host }, qui voit l’adresse IP de votre appareil.
ui-map-none-chosen = Aucun point choisi sur la carte.
ui-map-chosen = Point choisi sur la carte : { $position }
ui-map-centre = Choisir le centre de la carte
ui-map-clear = Effacer le point
