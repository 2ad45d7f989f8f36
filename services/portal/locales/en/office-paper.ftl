# Paper in the office: batches, double entry, counting.

office-paper = Paper ballots
office-paper-lead = Enter ballots on paper, twice by two people, then count them.
office-paper-none = No vote takes paper now
office-paper-none-text = Paper is entered during a vote and for some days after it ends.
office-paper-now = Votes whose paper is entered now
office-paper-others = Other votes
office-paper-until = Entry is possible until { $until }.
office-paper-form = Form to print
office-paper-form-title = Form to print: { $vote }
office-batches-lead = Open a batch for each box that is handed in before the vote ends, then enter its forms.
office-batches-none = No batch yet
office-batches-none-text = Open a batch for the first box.
office-batches-none-now = Batches are opened while the vote is open.
office-batches-caption = The batches of this vote
office-batch = Batch
office-batch-open = Open a batch
office-batch-title = Name of the batch
office-batch-title-hint = What is written on the box, such as “Box 12”.
office-batch-title-wrong = Give a name of 200 characters at the most
office-batch-first = first entry
office-batch-second = second entry
office-batch-counted = counted
office-batch-rejected = not counted
office-batch-entering = Being entered
office-batch-agreed = To be counted
office-batch-committed = Counted
office-batch-aside = Set aside
office-batch-done-committed = The batch is counted. Open it to see what was not.
office-batch-done-aside = The batch is set aside.
office-batch-done-proposed = It is proposed to set the batch aside. Another person has to confirm.
office-batch-lead-entering = Enter all forms of this batch, as they are marked.
office-batch-lead-agreed = Both entries are the same: the batch can be counted.
office-batch-lead-committed = This batch is counted. Nothing ties a form to a person any more.
office-batch-lead-aside = This batch is set aside: its forms are not counted.
office-batch-be-first = Nobody has entered this batch yet. Yours is the first entry.
office-batch-be-second = Another person has made the first entry. Make the second without looking at it.
office-batch-you-first = Yours is the first entry. Another person makes the second.
office-batch-you-second = Yours is the second entry.
office-batch-differ = The two entries differ. Take the paper and correct yours.
office-batch-differences =
    { PLURAL($count) ->
        [one] One difference
       *[other] { $count } differences
    }
office-batch-differences-text = Enter a form again under its number to correct it. Each person corrects their own entry.
office-batch-differences-caption = Where the two entries differ
office-batch-what-differs = What differs
office-batch-first-entry = First entry
office-batch-second-entry = Second entry
office-batch-mine = yours
office-differs-ballot = The choice
office-differs-voter = The voter’s number
office-differs-first-missing = Missing in the first
office-differs-second-missing = Missing in the second
office-batch-commit = Count this batch
office-batch-commit-title = Count “{ $batch }”?
office-batch-commit-counts =
    { PLURAL($count) ->
        [one] One form is counted.
       *[other] { $count } forms are counted.
    }
office-batch-commit-twice = The form of a person who has voted is not counted; you will see its number.
office-batch-commit-forgets = After that nothing ties a form to a person: keep the paper locked up.
office-batch-commit-sure = Yes, count these forms
office-batch-rejected-title = Forms that were not counted
office-batch-rejected-caption = Their number, and why
office-rejected-online = The person voted online
office-rejected-paper = The person voted on paper before
office-rejected-twice = Two forms of one person in this batch
office-batch-set-aside = Set this batch aside
office-batch-aside-see = It is proposed to set it aside: read
office-batch-aside-lead = Two people set aside a batch that cannot be counted.
office-batch-aside-why = Reason
office-batch-aside-waits = You proposed it. Another person has to confirm.
office-batch-aside-forgets = The entries are deleted and the forms of this batch do not count.
office-batch-aside-public = The name of the batch and the reason are public, with the result.
office-batch-aside-two = You only propose it: another person has to confirm.
office-batch-aside-propose = Propose to set it aside
office-batch-aside-confirm = Confirm
office-batch-back = Back to the batch
office-batch-second-officer = Another person is needed: you cannot make both entries, or confirm what you asked for.
office-batch-entries-differ = The two entries differ, or the second is missing.
office-batch-finished = This batch is counted or set aside already.
office-batch-too-late = The time for entering paper is over.
office-batch-closed = The vote is closed: no batch can be opened any more.
office-batch-not-open = The vote is not open yet.
office-entry-title = Enter forms
office-entry-how = One line for each form. In “Choice”, the numbers of the projects with spaces between them; with points, 3=2. Write b for a blank form, x for an invalid one. Tab goes to the next field, Enter saves.
office-entry-projects = The projects and their numbers
office-entry-caption = Forms
office-entry-number = Form number
office-entry-member = Voter’s number
office-entry-marks = Choice
office-entry-label = { $label }, line { $row }
office-entry-save = Save and go on
office-entry-own =
    { PLURAL($count) ->
        [one] Your entry: one form
       *[other] Your entry: { $count } forms
    }
office-entry-own-text = To correct a form, enter it again under the same number.
office-entry-own-caption = What you have entered, the last first
office-entry-remove = Take out
office-entry-blank = blank
office-entry-invalid = invalid
office-entry-nothing = nothing marked
office-entry-nothing-typed = Enter at least one form
office-entry-number-wrong = Write the number stamped on the form: plain letters, digits, . _ -
office-entry-number-twice = This number is in a line above
office-entry-member-missing = Write the voter’s number
office-entry-marks-missing = Write the choices, b for blank or x for invalid
office-entry-unknown = No project has the number { $word }
office-entry-points = “{ $word }”: points are written 3=2 where the vote has them, and not otherwise
office-entry-twice = The project { $word } is marked twice: if the paper says so, write x
office-entry-breaks-rules = These choices break the rules of the vote: check what you typed, or write x if the paper says so
office-entry-too-many = A batch has 1 to 1,000 forms
office-entry-not-in-roll = This number is not in the electoral roll
office-entry-left = This person left the roll before the vote opened
office-entry-other-district = This person lives in a district that does not vote here
office-entry-no-birth-date = The birth date is missing in the roll, and the vote has a minimum age
office-entry-too-young = This person is too young for this vote
office-entry-not-eligible = This person cannot vote here: check the number
office-form-print = Print this page with your browser (Ctrl + P). Only the form is printed.
office-form-number = Form number
office-form-member = Voter’s number
office-form-tick = Tick what you choose.
office-form-points = Write your points before each project that you choose.
office-form-ranks = Write 1 before your first choice, 2 before the second, and so on.
office-form-foot = { $organization }. The voter’s number keeps anybody from voting twice; it is deleted when the form is counted.
