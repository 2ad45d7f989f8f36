# Photos and documents of a process.

files-photos = Photos
files-documents = Documents
files-kind-and-size = ({ $kind }, { $size })
files-kind-photo = photo
files-kind-pdf = PDF
files-kind-text = ODT text
files-kind-table = ODS spreadsheet
files-kind-slides = ODP slides
files-kind-other = file
files-size-mega = { $size } MB
files-size-kilo = { $size } kB
