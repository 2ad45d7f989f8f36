# Words of the register of corrections of a sheet: what was set aside or restored, why, and what it did.

corrections-title = Signatures set aside or restored
corrections-lead = No signature is deleted. When two people of the team set some aside, each decision is entered in the public log, with its reason.
corrections-decided = On { $time }
corrections-final = Do not count
corrections-waits = Awaiting a decision
corrections-restored = Restored
corrections-quarantine =
    { PLURAL($count) ->
        [one] { $count } signature is set aside until a decision is made.
       *[other] { $count } signatures are set aside until a decision is made.
    }
corrections-invalidation =
    { PLURAL($count) ->
        [one] { $count } signature is invalid: it does not count.
       *[other] { $count } signatures are invalid: they do not count.
    }
corrections-restoration =
    { PLURAL($count) ->
        [one] { $count } signature counts again: decision no. { $number } had set it aside.
       *[other] { $count } signatures count again: decision no. { $number } had set them aside.
    }
corrections-made-final = The signatures that decision no. { $number } set aside are invalid: they do not count.
corrections-entries = Entries no. { $first } to { $last } of the log
corrections-online = online
corrections-paper = on paper
corrections-district = district “{ $district }”
corrections-since = accepted from { $time }
corrections-before = accepted before { $time }
# Between two of the conditions above.
corrections-and = { "; " }
corrections-reason = The reason:
corrections-no-milestone = No milestone is changed by it.
corrections-lost = The milestone “{ $milestone }” is no longer met.
corrections-regained = The milestone “{ $milestone }” is met.
corrections-appeal = Appeal noted on { $time }:
corrections-file = The decisions to set signatures aside or restore them (JSON)
corrections-count =
    { PLURAL($count) ->
        [one] { $count } signature is set aside by a public decision. It is not in the total.
       *[other] { $count } signatures are set aside by a public decision. They are not in the total.
    }
corrections-see = See the decisions and their reasons
corrections-proved = This signature is set aside
corrections-proved-text = It is no. { $number } in the log, and stays there. It does not count until it is decided whether it is valid.
corrections-proved-final = This signature does not count
corrections-proved-final-text = It is no. { $number } in the log, and stays there. It was declared invalid along with others, without anyone knowing whose it is.
