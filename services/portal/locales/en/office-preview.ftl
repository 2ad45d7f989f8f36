# Links to the preview of a process.

office-preview = Preview before publishing
office-preview-lead = This page makes links that show the process before it is published: to elected members, a working group, a printer. Whoever has the link can read, without an account, and can send nothing.
office-preview-open = Share a preview
office-preview-for = Who it is for
office-preview-for-hint = Only the team reads this. For example “Steering group”.
office-preview-for-wrong = Write 100 characters at most.
office-preview-days = Number of days
office-preview-days-hint = From 1 to { $most }. After that, the link opens nothing.
office-preview-days-wrong = Enter a number of days from 1 to { $most }.
office-preview-make = Make the link
office-preview-made = The link is made. Copy it now.
office-preview-made-text = It will not be shown again: if you lose it, make another one. It opens the preview until { $until }.
office-preview-published = The process is published. Everybody sees it, and it needs no preview any more.
office-preview-too-many = This process has 20 links already. Revoke one to make another.
office-preview-links = Links in use
office-preview-caption = Links to the preview, newest first
office-preview-none = No links yet
office-preview-none-text = Without a link, only the team sees the process.
office-preview-created = Made on
office-preview-expires = Opens the preview until
office-preview-of = Link of { $date }
office-preview-revoke-column = Revoking
office-preview-revoke = Revoke
office-preview-revoke-title = Revoke the link “{ $link }”?
office-preview-revoke-everybody = In a few seconds this link opens nothing any more, not even for people who are looking at the preview.
office-preview-revoke-final = A link that is revoked cannot be restored, but you can make another one.
office-preview-revoke-sure = I want to revoke this link.
office-preview-revoke-not-sure = Tick the box if you want to revoke this link.
office-preview-revoked = The link is revoked.

office-log-create-preview-link = Preview link made
office-log-revoke-preview-link = Preview link revoked
office-log-field-days = Days
