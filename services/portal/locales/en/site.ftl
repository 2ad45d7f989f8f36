# The ways through the site.

site-processes = Participation
site-votes = Vote
site-search = Search
site-help = Help
site-receipts = Check a ballot
site-terms = Terms of use
site-privacy = Privacy
site-accessibility = Accessibility
