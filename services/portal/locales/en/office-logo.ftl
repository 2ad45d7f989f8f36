# The organization's logo, in the office.

office-logo = Logo
office-logo-lead = The logo is at the top of all pages, beside the name.
office-logo-file = Picture of the logo
office-logo-file-hint = JPEG, PNG or WebP, on white: what is transparent becomes white. No SVG.
office-logo-alt = What the logo shows
office-logo-alt-hint = For people who do not see it. For example “The city’s arms: two willows by the water”.
office-logo-alt-missing = Describe the logo in a few words.
office-logo-send = Use this logo
office-logo-remove = Remove the logo
office-logo-remove-title = Remove the logo?
office-logo-remove-text = The first letter of the name takes its place at the top of the pages. To have the logo back, it must be sent again.
office-logo-remove-sure = Yes, remove the logo
office-logo-remove-not-sure = Tick the box to remove the logo.
office-logo-no-photo = This file is not a picture in JPEG, PNG or WebP, whatever its name says. Export the logo as PNG.
office-log-set-logo = Logo changed
