# The areas.

office-areas = Areas
office-areas-lead = This page shows the areas. Electoral rolls, budgets and proposals refer to them.
office-areas-none = No area yet
office-areas-none-text = Create your areas if budgets or votes are by area. Otherwise everything is for the whole place.
office-areas-new = Create an area
office-areas-new-lead = An area has a name, which the public reads, and a code, which your electoral rolls use.
office-areas-title = Name
office-areas-title-hint = For example “Old Town”.
office-areas-title-wrong = Enter a name of 200 characters at the most.
office-areas-code = Code
office-areas-code-hint = Letters without accents, digits, hyphens or dots, 64 at the most. It cannot be changed later: take the one of your electoral roll.
office-areas-code-wrong = Use 1 to 64 letters without accents, digits, hyphens or dots.
office-areas-code-taken = An area has this code already.
office-areas-code-twice = This code is in the file twice.
office-areas-part-of = Part of
office-areas-part-of-hint = Whoever lives in this area lives in the one that it is part of, too.
office-areas-parent-wrong = It has to be the code of another area that is not itself part of this one.
office-areas-whole = The whole place
office-areas-change = Change
office-areas-rename = Change
office-areas-rename-title = Change the area { $area }
office-areas-rename-lead = The new name appears everywhere on the site. A vote that is scheduled keeps the old one.
office-areas-remove = Remove
office-areas-created = The area is created.
office-areas-imported = The areas are created.
office-areas-saved = The area is changed.
office-areas-removed = The area is removed.
office-areas-count =
    { PLURAL($count) ->
        [one] { $count } area
       *[other] { $count } areas
    }
office-areas-remove-title = Remove the area { $area }?
office-areas-remove-public = { $area } disappears from the site’s lists of choices.
office-areas-remove-unused = This is possible only if no budget, no proposal and no member of a roll refers to it.
office-areas-remove-sure = I want to remove this area.
office-areas-remove-not-sure = Tick the box if you want to remove this area.
office-areas-remove-do = Remove the area
office-areas-in-use = This area is in use: a budget, a proposal or members of a roll refer to it. Nothing was removed.
office-areas-has-areas = Other areas are part of this one. Remove or move them first.
office-areas-import = Import a file
office-areas-import-lead = Choose a CSV file, or a map as GeoJSON. It is read and shown first; nothing is created before you agree.
office-areas-file = CSV or GeoJSON file
office-areas-file-hint = As Excel or LibreOffice saves it, 1,000 areas at the most.
office-areas-file-read = Read the file
office-areas-file-example = What the file looks like
office-areas-file-columns = The first line names the columns: code, name and, if you want, “part of”.
office-areas-file-wrong = The file cannot be imported. Nothing was created. Correct what is said below and choose it again.
office-areas-file-large = The file has more than 1,000 areas. Split it into several.
office-areas-file-header = The first line has to name the columns “code” and “name”.
office-areas-preview = Check before creating
office-areas-preview-lead = This is how the file was read. Check the names and accents.
office-areas-nothing-yet =
    { PLURAL($count) ->
        [one] The file has { $count } area. Nothing is created yet.
       *[other] The file has { $count } areas. Nothing is created yet.
    }
office-areas-import-do =
    { PLURAL($count) ->
        [one] Create { $count } area
       *[other] Create { $count } areas
    }
office-areas-task = Create your areas
office-areas-task-text = If budgets or votes are by area, create them before the electoral roll.

# Areas from a map.
office-map-label = Map of the areas
office-map-about = A GeoJSON map has the code, the name and the outline of each area, in degrees (WGS 84). An area that exists keeps its name and gets the outline; the others are created.
office-map-names = My map calls code or name otherwise
office-map-code-property = Property with the code
office-map-title-property = Property with the name
office-map-property-hint = Only for a map. Empty: “code”, “insee”, “ref” and other usual names are recognised.
office-map-preview = Check the map
office-map-preview-lead = This is how the map was read. Check outlines and names.
office-map-nothing-yet =
    { PLURAL($count) ->
        [one] The map has { $count } area; to be created: { $created }. Nothing is done yet.
       *[other] The map has { $count } areas; to be created: { $created }. Nothing is done yet.
    }
office-map-new = To be created
office-map-known = Exists already
office-map-do =
    { PLURAL($count) ->
        [one] Save { $count } area
       *[other] Save { $count } areas
    }
office-map-drawn = The map is saved.
office-map-malformed = This is no GeoJSON map: it takes a FeatureCollection in UTF-8. Export the layer of the areas as GeoJSON again.
office-map-large = The map is too large: 10 MB, 1,000 areas and 500,000 points at the most. Simplify the outlines in your mapping program, then export it again.
office-map-lambert = The map is in metres (Lambert-93, EPSG:2154). Export it again in degrees: in QGIS, choose the CRS “EPSG:4326 – WGS 84”.
office-map-projection = The map is in another projection (EPSG:{ $number }). Export it again in degrees: in QGIS, choose the CRS “EPSG:4326 – WGS 84”.
office-map-metres = The numbers of the map are no degrees, but probably metres. Export it again in degrees: in QGIS, choose the CRS “EPSG:4326 – WGS 84”.
office-map-geometry = Feature { $feature } of the map is no area: it takes an outline (a polygon), in degrees, longitude before latitude, with something inside.
office-map-code = Feature { $feature } of the map has no code that can be taken: 1 to 64 letters without accents, digits, hyphens or dots, each code once. If the code is in another property, name it.
office-map-title = Feature { $feature } of the map has no name of at most 200 characters. If the name is in another property, name it.
