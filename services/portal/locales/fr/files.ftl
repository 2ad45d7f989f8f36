# Les photos et les documents d’une démarche.

files-photos = Photos
files-documents = Documents
files-kind-and-size = ({ $kind }, { $size })
files-kind-photo = photo
files-kind-pdf = PDF
files-kind-text = texte ODT
files-kind-table = tableur ODS
files-kind-slides = présentation ODP
files-kind-other = fichier
files-size-mega = { $size } Mo
files-size-kilo = { $size } ko
