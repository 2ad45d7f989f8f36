# Proposals: reading, submitting, changing.

proposals-title = Proposals
proposals-page-title = Proposals – { $process }
proposals-list = Proposals, newest first
proposals-propose = Propose a project
proposals-first = Back to the newest
proposals-none = There is no proposal
proposals-none-yet = Be the first to propose something.
proposals-none-now = Nothing was proposed here.
proposals-none-found = No proposal is like that
proposals-none-found-text = Try fewer or other words, or clear the filters.
proposals-any = All
proposals-filter-words = Words
proposals-filter-area = Area
proposals-filter-category = Category
proposals-filter-state = State
proposals-state-submitted = Submitted
proposals-state-examined = Being examined
proposals-state-accepted = Accepted
proposals-state-rejected = Not accepted
proposals-state-withdrawn = Withdrawn
proposals-hidden = Hidden
proposals-hidden-title = Hidden proposal
proposals-hidden-text = The team has hidden this proposal because it breaks the rules of this site.
proposals-hidden-reason = Its reason:
proposals-hidden-own = The team has hidden your proposal: only you and the team can read it.
proposals-back = To the other proposals
proposals-process = Process
proposals-date = Submitted on
proposals-area = Area
proposals-everywhere = Everywhere
proposals-category = Category
proposals-place = Place
proposals-answer = The answer of { $organization }
proposals-examined = The team is examining this proposal.
proposals-projects =
    { PLURAL($count) ->
        [one] It became a project
       *[other] It became { $count } projects
    }
proposals-own = Your proposal
proposals-own-fixed = It was answered, or submission is over: its text can no longer be changed.
proposals-own-withdrawn = You have withdrawn it.
proposals-change = Change the text
proposals-withdraw = Withdraw
proposals-changed = Your changes are saved.
proposals-withdrawn-done = Your proposal is withdrawn.
proposals-mine = My proposals
proposals-mine-caption = Newest first
proposals-mine-title = Title
proposals-mine-empty = You have not proposed anything yet
proposals-mine-empty-text = See where proposals are welcome
proposals-new = Propose a project
proposals-begin = Begin
proposals-continue = Continue
proposals-previous = Back
proposals-rules-until = You can submit until { $end }.
proposals-rules-one = Propose one thing, which the public can use or see.
proposals-rules-public = Your proposal is public. Do not write phone numbers, addresses or names of private persons.
proposals-rules-name = It is shown under the name of your account, or without a name if you signed in with a letter.
proposals-rules-respect = Be respectful. The team hides what breaks the law or insults people, and says why.
proposals-rules-examined = The team examines each proposal and answers publicly.
proposals-rules-change = Until it is answered you can change the text, and you can withdraw it.
proposals-title-question = What do you propose, in one sentence?
proposals-title-hint = At most { $most } characters: “Trees for Market Square”.
proposals-alike =
    { PLURAL($count) ->
        [one] Is yours like this one?
       *[other] Is yours among these { $count }?
    }
proposals-alike-text = These proposals have words of your title. If one of them says what you want, you need not write it again.
proposals-alike-none = No, continue with mine
proposals-alike-title = Change my title
proposals-details = Describe your proposal
proposals-body = Description
proposals-body-hint = What is to be done, for whom, and why? At most { $most } characters. A blank line begins a new paragraph, a hyphen a list.
proposals-place-hint = An address, a square, a school.
proposals-category-hint = Such as parks, schools, streets.
proposals-check = Check your proposal
proposals-check-text = When you send it, it is public at once.
proposals-none-given = Not given
proposals-send = Send
proposals-change-details = Change description, area or place
proposals-change-title = Change the title
proposals-sent-title = Your proposal is submitted
proposals-sent-text = It is public. The team will examine it; its answer will be on the proposal’s page.
proposals-sent-see = See my proposal
proposals-sent-mine = All my proposals
proposals-sent-process = Back to the process
proposals-sent-before = You have sent this form before
proposals-sent-before-text = What you sent first is there. If you send this too, it is a second proposal.
proposals-session-over = Your session has ended
proposals-session-over-text = Nothing is lost. Sign in in another window, then come back to this one and continue.
proposals-session-over-sign-in = Sign in (new window)
proposals-closed = Proposals cannot be submitted now
proposals-closed-until = Submission opens on { $start }.
proposals-closed-over = Submission is over.
proposals-closed-draft = What you wrote
proposals-closed-draft-text = It was not sent. Copy it if you want to keep it.
proposals-closed-back = Back to the process
proposals-edit = Change your proposal
proposals-save = Save
proposals-cancel = Cancel
proposals-conflict = It was changed elsewhere meanwhile
proposals-conflict-text = Below is what you have just written. If you save, it takes the place of the other change.
proposals-too-late = It can no longer be changed
proposals-see = See the proposal
proposals-withdraw-question = Withdraw your proposal?
proposals-withdraw-text = It stays readable and is marked as withdrawn. The team no longer examines it. This cannot be undone.
proposals-withdraw-not = It can no longer be withdrawn
proposals-withdraw-not-text = It has become a project.
proposals-error-title-missing = Enter a title
proposals-error-title-short = The title needs at least { $least } characters, and no odd signs
proposals-error-title-long = The title may have { $most } characters; it has { $now }
proposals-error-body-missing = Describe your proposal
proposals-error-body-short = The description needs at least { $least } characters
proposals-error-body-long = The description may have { $most } characters; it has { $now }
proposals-error-body-control = The description has signs that cannot be shown; type it, or paste it as plain text
proposals-error-area = Choose an area from the list
proposals-error-category = The category may have { $most } characters, on one line
proposals-error-place = The place may have { $most } characters, on one line
proposals-error-point = Choose the point on the map again, or remove it.
proposals-as-map = Show on a map
proposals-as-list = Show the list
proposals-on-map =
    { PLURAL($count) ->
        [one] { $count } proposal on the map
       *[other] { $count } proposals on the map
    }
proposals-not-on-map =
    { PLURAL($count) ->
        [one] { $count } proposal has no point on the map; it is in the list.
       *[other] { $count } proposals have no point on the map; they are in the list.
    }
proposals-map =
    { PLURAL($count) ->
        [one] Map with { $count } proposal
       *[other] Map with { $count } proposals
    }
proposals-map-one = Map with the place of the proposal
proposals-map-where = Map to choose the place

# Who speaks.
proposals-author = Author
proposals-author-association = { $name } (association)
proposals-speaker = In the name of
proposals-author-nameless = Without a name
proposals-account-first = Your account is not ready to write
proposals-account-first-text = Choose a name and accept the terms in the other tab, then send again. Nothing of this is lost.
proposals-account-first-go = Finish registering (new tab)
