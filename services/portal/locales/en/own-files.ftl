# Photos and documents of one's own proposal.

own-files = Photos and documents
own-files-lead = A photo of the place or a plan helps people to understand your proposal. Everybody can see what you add here.
own-files-none = You have not added anything yet.
own-files-add = Add a photo or a document
own-files-add-lead = The file is shown with your proposal as soon as it is sent.
own-files-file-hint = At most 10 MB, unless this site has another limit. Do not show people who can be recognized without their consent.
own-files-title-hint = For example “The quay today”.
own-files-change = Change
own-files-remove = Remove
own-files-added = The file is added to your proposal.
own-files-saved = Your changes are saved.
own-files-removed = The file is removed.
own-files-fixed = You can no longer add anything: the submission phase is over, or your proposal was answered or withdrawn. You can always remove what you have sent.
own-files-back = Back to the proposal
own-files-manage = Add or remove photos and documents
own-files-sent-text = You can add photos and documents to it.
own-files-edit = Change a photo or a document
own-files-remove-title = Remove “{ $title }”?
own-files-remove-text = The file disappears from your proposal and is erased. People who have opened it may keep a copy.
own-files-remove-do = Remove the file
own-files-taken = The team has removed files from your proposal
own-files-taken-one = “{ $title }”. Reason:
own-files-infected = The virus scanner found something in this file. Do not open it, and choose another one.
own-files-too-many = Your proposal has as many photos and documents as it may have. Remove one first.
own-files-not-configured = This site takes no files at the moment. Your proposal is safely stored without them.
account-data-files = Photos and documents that you have sent
account-erase-files = The photos and documents that you have added to proposals are erased.
office-proposal-files-lead = Remove a file that breaks the rules of the site. The proposal stays where it is.
office-proposal-files-gone = The file disappears from the page of the proposal.
office-proposal-files-reason-hint = The author of the proposal will read this reason.

# With a new proposal.
own-files-away = The file could not be received. Choose it again.
own-files-again = Choose this file again: browsers do not keep it.
own-files-not-enclosed = Your proposal is sent, but a file could not be added to it
own-files-photo-shows = What the photo shows
own-files-document-title = Title of the document
own-files-session-over = Nothing was sent. Sign in in another tab, then go back to the page before this one: your text is still there. Choose your files again, and send.
