# Les quartiers.

office-areas = Quartiers
office-areas-lead = Cette page montre les quartiers. Les listes électorales, les budgets et les propositions s’y rapportent.
office-areas-none = Aucun quartier pour l’instant
office-areas-none-text = Créez vos quartiers si les budgets ou les votes se font par quartier. Sinon, tout vaut pour l’ensemble du territoire.
office-areas-new = Créer un quartier
office-areas-new-lead = Un quartier a un nom, que le public lit, et un code, que vos listes électorales emploient.
office-areas-title = Nom
office-areas-title-hint = Par exemple « La Guillotière ».
office-areas-title-wrong = Saisissez un nom de 200 caractères au plus.
office-areas-code = Code
office-areas-code-hint = Des lettres sans accent, des chiffres, tirets ou points, 64 au plus. Le code ne peut plus être modifié ensuite : reprenez celui de votre liste électorale.
office-areas-code-wrong = Employez de 1 à 64 lettres sans accent, chiffres, tirets ou points.
office-areas-code-taken = Un quartier a déjà ce code.
office-areas-code-twice = Ce code figure deux fois dans le fichier.
office-areas-part-of = Fait partie de
office-areas-part-of-hint = Qui habite ce quartier habite aussi celui dont il fait partie.
office-areas-parent-wrong = Ce doit être le code d’un autre quartier, qui ne fait pas lui-même partie de celui-ci.
office-areas-whole = De l’ensemble du territoire
office-areas-change = Modifier
office-areas-rename = Modifier
office-areas-rename-title = Modifier le quartier { $area }
office-areas-rename-lead = Le nouveau nom apparaît partout sur le site. Un vote déjà programmé garde l’ancien.
office-areas-remove = Supprimer
office-areas-created = Le quartier est créé.
office-areas-imported = Les quartiers sont créés.
office-areas-saved = Le quartier est modifié.
office-areas-removed = Le quartier est supprimé.
office-areas-count =
    { PLURAL($count) ->
        [one] { $count } quartier
       *[other] { $count } quartiers
    }
office-areas-remove-title = Supprimer le quartier { $area } ?
office-areas-remove-public = { $area } disparaît des listes de choix du site.
office-areas-remove-unused = Ce n’est possible que si aucun budget, aucune proposition et aucun membre d’une liste ne s’y rapporte.
office-areas-remove-sure = Je veux supprimer ce quartier.
office-areas-remove-not-sure = Cochez la case si vous voulez supprimer ce quartier.
office-areas-remove-do = Supprimer le quartier
office-areas-in-use = Ce quartier sert encore : un budget, une proposition ou des membres d’une liste s’y rapportent. Rien n’a été supprimé.
office-areas-has-areas = D’autres quartiers font partie de celui-ci. Supprimez-les ou déplacez-les d’abord.
office-areas-import = Importer un fichier
office-areas-import-lead = Choisissez un fichier CSV, ou une carte au format GeoJSON. Il est d’abord lu et montré ; rien n’est créé avant votre accord.
office-areas-file = Fichier CSV ou GeoJSON
office-areas-file-hint = Tel qu’Excel ou LibreOffice l’enregistre, 1 000 quartiers au plus.
office-areas-file-read = Lire le fichier
office-areas-file-example = À quoi ressemble le fichier
office-areas-file-columns = La première ligne nomme les colonnes : code, nom et, si vous le voulez, « fait partie de ».
office-areas-file-wrong = Le fichier ne peut pas être importé. Rien n’a été créé. Corrigez ce qui est indiqué et choisissez-le à nouveau.
office-areas-file-large = Le fichier compte plus de 1 000 quartiers. Répartissez-les en plusieurs fichiers.
office-areas-file-header = La première ligne doit nommer les colonnes « code » et « nom ».
office-areas-preview = Vérifier avant de créer
office-areas-preview-lead = Voici comment le fichier a été lu. Vérifiez les noms et les accents.
office-areas-nothing-yet =
    { PLURAL($count) ->
        [one] Le fichier contient { $count } quartier. Rien n’est encore créé.
       *[other] Le fichier contient { $count } quartiers. Rien n’est encore créé.
    }
office-areas-import-do =
    { PLURAL($count) ->
        [one] Créer { $count } quartier
       *[other] Créer { $count } quartiers
    }
office-areas-task = Créez vos quartiers
office-areas-task-text = Si les budgets ou les votes se font par quartier, créez-les avant la liste électorale.

# Les quartiers d’après une carte.
office-map-label = Carte des quartiers
office-map-about = Une carte GeoJSON contient le code, le nom et le contour de chaque quartier, en degrés (WGS 84). Un quartier qui existe déjà garde son nom et reçoit le contour ; les autres sont créés.
office-map-names = Ma carte nomme le code ou le nom autrement
office-map-code-property = Propriété qui contient le code
office-map-title-property = Propriété qui contient le nom
office-map-property-hint = Seulement pour une carte. Vide : « code », « insee », « ref » et d’autres noms usuels sont reconnus.
office-map-preview = Vérifier la carte
office-map-preview-lead = Voici comment la carte a été lue. Vérifiez les contours et les noms.
office-map-nothing-yet =
    { PLURAL($count) ->
        [one] La carte contient { $count } quartier, dont à créer : { $created }. Rien n’est encore fait.
       *[other] La carte contient { $count } quartiers, dont à créer : { $created }. Rien n’est encore fait.
    }
office-map-new = À créer
office-map-known = Existe déjà
office-map-do =
    { PLURAL($count) ->
        [one] Enregistrer { $count } quartier
       *[other] Enregistrer { $count } quartiers
    }
office-map-drawn = La carte est enregistrée.
office-map-malformed = Ce n’est pas une carte GeoJSON : il faut une collection d’objets (« FeatureCollection ») en UTF-8. Exportez à nouveau la couche des quartiers au format GeoJSON.
office-map-large = La carte est trop grande : 10 Mo, 1 000 quartiers et 500 000 points au plus. Simplifiez les contours dans votre logiciel, puis exportez à nouveau.
office-map-lambert = La carte est en mètres (Lambert-93, EPSG:2154). Exportez-la à nouveau en degrés : dans QGIS, choisissez le SCR « EPSG:4326 – WGS 84 ».
office-map-projection = La carte est dans une autre projection (EPSG:{ $number }). Exportez-la à nouveau en degrés : dans QGIS, choisissez le SCR « EPSG:4326 – WGS 84 ».
office-map-metres = Les nombres de la carte ne sont pas des degrés, sans doute des mètres. Exportez-la à nouveau en degrés : dans QGIS, choisissez le SCR « EPSG:4326 – WGS 84 ».
office-map-geometry = L’objet n° { $feature } de la carte n’est pas un quartier : il lui faut un contour (polygone), en degrés, longitude avant latitude, qui entoure quelque chose.
office-map-code = L’objet n° { $feature } de la carte n’a pas de code convenable : 1 à 64 lettres sans accent, chiffres, tirets ou points, chaque code une seule fois. Si le code est dans une autre propriété, nommez-la.
office-map-title = L’objet n° { $feature } de la carte n’a pas de nom de 200 caractères au plus. Si le nom est dans une autre propriété, nommez-la.
