# Le logo de l’organisation, au bureau.

office-logo = Logo
office-logo-lead = Le logo paraît en haut de toutes les pages, à côté du nom.
office-logo-file = Image du logo
office-logo-file-hint = JPEG, PNG ou WebP, sur fond blanc : ce qui est transparent devient blanc. Pas de SVG.
office-logo-alt = Ce que montre le logo
office-logo-alt-hint = Pour les personnes qui ne le voient pas. Par exemple « Blason de la ville : deux saules au bord de l’eau ».
office-logo-alt-missing = Décrivez le logo en quelques mots.
office-logo-send = Mettre ce logo
office-logo-remove = Retirer le logo
office-logo-remove-title = Retirer le logo ?
office-logo-remove-text = L’initiale du nom reprend sa place en haut des pages. Pour remettre le logo, il faut l’envoyer à nouveau.
office-logo-remove-sure = Oui, retirer le logo
office-logo-remove-not-sure = Cochez la case pour retirer le logo.
office-logo-no-photo = Ce fichier n’est pas une image en JPEG, PNG ou WebP, quel que soit son nom. Exportez le logo en PNG.
office-log-set-logo = Changement du logo
