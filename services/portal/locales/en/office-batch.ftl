# One act on several proposals.

office-batch = Several proposals
office-batch-lead = One decision for all of them. Nothing is done until you send it.
office-batch-check = Choose “{ $title }”
office-batch-checked = Act on those that are ticked
office-batch-all = Act on all of this list
office-batch-title =
    { PLURAL($count) ->
        [one] One proposal chosen
       *[other] { $count } proposals chosen
    }
office-batch-which = Show which
office-batch-others =
    { PLURAL($count) ->
        [one] And one more.
       *[other] And { $count } more.
    }
office-batch-more = The list is longer: only the newest { $count } are chosen. Do the same again for the others.
office-batch-none = Tick at least one proposal
office-batch-gone = Your choice was forgotten after half an hour. Choose the proposals again.
office-batch-back = Back to the proposals
office-batch-answer-text = All of them get the same public answer. Their estimated costs stay as they are.
office-batch-decision = Where do the proposals stand?
office-batch-answer-do =
    { PLURAL($count) ->
        [one] Publish the answer
       *[other] Publish the answer to { $count } proposals
    }
office-batch-moderate = Hide or show
office-batch-hidden = What is to be done?
office-batch-hidden-missing = Choose whether to hide or to show them
office-batch-moderate-do =
    { PLURAL($count) ->
        [one] Do it
       *[other] Do it to { $count } proposals
    }
office-batch-done = What was done
office-batch-done-lead = Each proposal has its line in the log.
office-batch-answered =
    { PLURAL($count) ->
        [0] No proposal has this answer.
        [one] One proposal has this answer.
       *[other] { $count } proposals have this answer.
    }
office-batch-hid =
    { PLURAL($count) ->
        [0] No proposal is hidden.
        [one] One proposal is hidden.
       *[other] { $count } proposals are hidden.
    }
office-batch-shown =
    { PLURAL($count) ->
        [0] No proposal is shown again.
        [one] One proposal is shown again.
       *[other] { $count } proposals are shown again.
    }
office-batch-refused =
    { PLURAL($count) ->
        [one] One proposal did not change
       *[other] { $count } proposals did not change
    }
office-batch-why = Why
office-batch-withdrawn = Its author has withdrawn it.
office-batch-unknown = It no longer exists.
