# The office's pages of corrections of a signature sheet: minutes, proposals, decisions, appeals.

office-corrections = Integrity of signatures
office-corrections-see = Watch the signatures, set some aside or restore them
office-corrections-lead = You can set doubtful signatures aside without knowing whose they are. It takes two people, and each decision is public.
office-corrections-new = Set signatures aside or restore them
office-corrections-new-lead = Choose entries of the public log. You will see what it changes before you propose it.
office-corrections-waiting = Awaiting a second person
office-corrections-none-waiting = No proposal is waiting.
office-corrections-own = (your proposal)
office-corrections-short = { $act }: { $which }
office-corrections-short-earlier = { $act }: decision no. { $number }
office-corrections-minutes = Minute by minute
office-corrections-minutes-text = The latest minutes in which somebody signed. An unusual number may come from a program, or from an appearance on television. Nothing here shows who signed, from where, or with which identity provider.
office-corrections-minutes-caption = Signatures by minute, the latest first
office-corrections-no-minutes = Nobody has signed yet.
office-corrections-minute = Minute
office-corrections-online = Online
office-corrections-paper = On paper
office-corrections-withdrawn = Withdrawn
office-corrections-entries = Entries of the log
office-corrections-range = no. { $first } to { $last }
office-corrections-none = No signature has been set aside.
office-corrections-quarantine = Set aside, until a decision is made
office-corrections-invalidate = Declare invalid: they do not count
office-corrections-restore = Restore: they count again
office-corrections-make-final = Declare invalid for good what is set aside
office-corrections-act = What is to be done with these signatures?
office-corrections-act-missing = Choose what is to be done
office-corrections-about = About the signatures that decision no. { $number } set aside.
office-corrections-first = From entry no.
office-corrections-first-hint = Entries are numbered from 1, as on receipts.
office-corrections-last = To entry no.
office-corrections-range-wrong = Give two numbers of entries of the log, the first one first
office-corrections-this-minute = Only those of this minute:
office-corrections-channel = Signed
office-corrections-both = Online and on paper
office-corrections-all = All districts
office-corrections-earlier = Or return to a decision
office-corrections-preview = See what it changes
office-corrections-now =
    { PLURAL($count) ->
        [one] At present, { $count } signature counts.
       *[other] At present, { $count } signatures count.
    }
office-corrections-second = Nothing changes until another person of the team confirms it.
office-corrections-propose = Propose
office-corrections-proposal-lead = One person of the team proposed this. Another one confirms it, or drops it.
office-corrections-public = The decision and its reason will stand in the public log permanently. Another decision can lift it.
office-corrections-waits = You proposed this. Another person of the team must confirm it.
office-corrections-confirm = Confirm the decision
office-corrections-drop = Drop the proposal
office-corrections-empty = No signature that counts is selected: the selection is empty, or other decisions have set it aside already.
office-corrections-not-in-force = That decision has been lifted, or cannot be made final.
office-corrections-decided = This proposal has been confirmed or dropped already.
office-corrections-too-many = Too many proposals are waiting, or this petition has too many decisions.
office-corrections-appeal = Note an appeal
office-corrections-appeal-number = Against decision no.
office-corrections-appeal-note = What is said of it
office-corrections-appeal-hint = Public, and kept. Name nobody in it who does not want that.
office-corrections-appeal-do = Note the appeal
office-corrections-appeal-unknown = There is no decision with this number
office-corrections-appeal-missing = Write 1 to 1,000 characters
office-corrections-done-proposed = The proposal awaits a second person.
office-corrections-done-confirmed = The decision stands in the public log.
office-corrections-done-dropped = The proposal is dropped.
office-corrections-done-noted = The appeal is noted in the register.
