# Les chemins du site.

site-processes = Participer
site-votes = Voter
site-search = Rechercher
site-help = Aide
site-receipts = Vérifier un bulletin
site-terms = Conditions d’utilisation
site-privacy = Vie privée
site-accessibility = Accessibilité
