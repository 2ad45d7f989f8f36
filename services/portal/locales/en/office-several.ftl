# One act on several proposals.

office-several = Several proposals
office-several-lead = One decision for all of them. Nothing is done until you send it.
office-several-check = Choose “{ $title }”
office-several-checked = Act on those that are ticked
office-several-all = Act on all of this list
office-several-title =
    { PLURAL($count) ->
        [one] One proposal chosen
       *[other] { $count } proposals chosen
    }
office-several-which = Show which
office-several-others =
    { PLURAL($count) ->
        [one] And one more.
       *[other] And { $count } more.
    }
office-several-more = The list is longer: only the newest { $count } are chosen. Do the same again for the others.
office-several-none = Tick at least one proposal
office-several-gone = Your choice was forgotten after half an hour. Choose the proposals again.
office-several-back = Back to the proposals
office-several-answer-text = All of them get the same public answer. Their estimated costs stay as they are.
office-several-decision = Where do the proposals stand?
office-several-answer-do =
    { PLURAL($count) ->
        [one] Publish the answer
       *[other] Publish the answer to { $count } proposals
    }
office-several-moderate = Hide or show
office-several-hidden = What is to be done?
office-several-hidden-missing = Choose whether to hide or to show them
office-several-moderate-do =
    { PLURAL($count) ->
        [one] Do it
       *[other] Do it to { $count } proposals
    }
office-several-done = What was done
office-several-done-lead = Each proposal has its line in the log.
office-several-answered =
    { PLURAL($count) ->
        [0] No proposal has this answer.
        [one] One proposal has this answer.
       *[other] { $count } proposals have this answer.
    }
office-several-hid =
    { PLURAL($count) ->
        [0] No proposal is hidden.
        [one] One proposal is hidden.
       *[other] { $count } proposals are hidden.
    }
office-several-shown =
    { PLURAL($count) ->
        [0] No proposal is shown again.
        [one] One proposal is shown again.
       *[other] { $count } proposals are shown again.
    }
office-several-refused =
    { PLURAL($count) ->
        [one] One proposal did not change
       *[other] { $count } proposals did not change
    }
office-several-why = Why
office-several-withdrawn = Its author has withdrawn it.
office-several-unknown = It no longer exists.
