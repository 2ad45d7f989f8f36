# Electoral rolls, codes and their replacements.

office-rolls = Electoral rolls
office-rolls-lead = This page shows the electoral rolls: who may vote, and with which code.
office-rolls-none = No electoral roll yet
office-rolls-none-text = Create a roll, then load your office’s file into it. A vote cannot be scheduled without a roll.
office-rolls-new = Create an electoral roll
office-rolls-new-lead = A roll first gets a name. The file comes next.
office-rolls-create = Create the roll
office-rolls-created-done = The roll is created. Now load the file.
office-rolls-title = Name of the roll
office-rolls-title-hint = For example “Residents aged 16 and over, 2027”. Only the team sees it.
office-rolls-title-wrong = Enter a name of 200 characters at the most.
office-rolls-members = members
office-rolls-codes = members with a code
office-rolls-created = Created on
office-rolls-caption = Electoral rolls
office-rolls-show-lead = This page shows what the roll has and what was done to it. Members are never shown in bulk.
office-rolls-loaded = The file is loaded. Next come the codes for the letters.
office-rolls-history = History
office-rolls-history-none = Nothing was done to this roll yet.
office-rolls-history-caption = What was done to this roll, newest first
office-rolls-when = When
office-rolls-what = What
office-rolls-who = Who
office-rolls-was-import =
    { PLURAL($count) ->
        [one] { $count } member added
       *[other] { $count } members added
    }
office-rolls-was-correction = Correction: { $columns }
office-rolls-was-reload = File loaded. Added: { $added }; changed: { $changed }; left: { $left }
office-rolls-was-erasure = A member’s data erased
office-rolls-was-export = Copy of the roll taken
office-rolls-was-codes =
    { PLURAL($count) ->
        [one] { $count } code made for a letter
       *[other] { $count } codes made for letters
    }
office-copy = Download a copy
office-copy-title = Download a copy of “{ $roll }”?
office-copy-content = The file has the number, the district, the date of birth and the e-mail address of each member. It has no code.
office-copy-history = The history of the roll will say that you took it, and when.
office-copy-keep = Once downloaded, the file is in your keeping. Delete it when you no longer need it.
office-copy-sure = I need this file and know where I keep it.
office-copy-not-sure = Tick the box if you need the file.
office-rolls-load = Load a file
office-rolls-load-lead = Choose the complete roll, as your office has it. It is read and shown first; nothing is done before you agree.
office-rolls-file = CSV file
office-rolls-file-hint = As Excel, LibreOffice or your software saves it, 32 MB at the most.
office-rolls-file-wrong =
    { PLURAL($count) ->
        [one] The file cannot be loaded: { $count } thing has to be corrected. Nothing was done.
       *[other] The file cannot be loaded: { $count } things have to be corrected. Nothing was done.
    }
office-rolls-file-large = The file is too large. It can have about 500,000 members.
office-rolls-file-gone = The file is no longer here: half an hour has passed, or it was lost. Choose it again.
office-rolls-read = Read the file
office-rolls-example = What the file looks like
office-rolls-columns = The first line names the columns. Only the first one is needed; their order does not matter.
office-rolls-columns-number = “member_number”: the person’s number, printed in their letter. Give the column the format “text” to keep zeros at the start.
office-rolls-columns-district = “district”: the code of their area.
office-rolls-columns-birth-date = “birth_date”: their birth date, as 28/02/1980 or 1980-02-28. Needed if a vote asks for an age.
office-rolls-columns-email = “email”: their e-mail address, to get a code without a letter.
office-rolls-columns-no-more = No name and no postal address: Comitia does not need them, and does not keep them.
office-rolls-preview = Check before loading
office-rolls-preview-lead = This is how the file was read and what it will change. Check zeros, accents and dates.
office-rolls-nothing-yet = Nothing is done yet.
office-rolls-lines = Lines
office-encoding = Encoding
office-encoding-hint = Leave “Recognize”; choose the encoding only if the page asks you to.
office-encoding-auto = Recognize
office-encoding-western = Windows, Western Europe (1252)
office-encoding-central = Windows, Central Europe (1250)
office-encoding-utf-16 = Unicode text (UTF-16)
office-encoding-utf-8 = UTF-8
office-encoding-choose = Choose the encoding of the file, mostly “Windows, Western Europe”, and choose the file again. You check the accents before loading.
office-separator = Separator
office-separator-semicolon = semicolon
office-separator-comma = comma
office-separator-tab = tab
office-columns = Columns
office-rolls-what-happens = What loading will do
office-rolls-added = new members
office-rolls-changed = changed members
office-rolls-unchanged = unchanged members
office-rolls-left = members missing from the file
office-rolls-leave =
    { PLURAL($count) ->
        [one] { $count } member of the roll is not in the file
       *[other] { $count } members of the roll are not in the file
    }
office-rolls-leave-text = They will leave the roll. They can vote in no vote that opens later, and their data will be erased. If the file is only a part of the roll, stop here.
office-rolls-leave-sure = The file is complete: those who are not in it leave the roll.
office-rolls-leave-not-sure = Tick the box if the file is complete.
office-rolls-wait =
    { PLURAL($count) ->
        [one] { $count } change waits for the end of a vote
       *[other] { $count } changes wait for the end of a vote
    }
office-rolls-wait-text = A vote that is open keeps what it rests on. Load the file once more after the vote.
office-rolls-changes = Members concerned
office-rolls-changes-show = Show the members who change, wait or are missing
office-rolls-change-changed = Changed
office-rolls-change-waiting = Waiting
office-rolls-change-left = Leaves the roll
office-rolls-notices =
    { PLURAL($count) ->
        [one] { $count } remark about the file
       *[other] { $count } remarks about the file
    }
office-rolls-notice = Line { $line }, { $column }:
office-rolls-load-do = Load the file
office-rolls-other-file = Choose another file
office-rolls-changed-since = The roll has changed since the page was shown. This is what would be done now: check it, then load.
office-rolls-task-empty = “{ $roll }” has no members
office-rolls-task-empty-text = Load your office’s file.
office-rolls-task-codes = Create the codes of “{ $roll }”
office-rolls-task-codes-text =
    { PLURAL($count) ->
        [one] { $count } member has no code for their letter yet.
       *[other] { $count } members have no code for their letters yet.
    }
office-rolls-task-replacements =
    { PLURAL($count) ->
        [one] { $count } code to replace waits for your approval
       *[other] { $count } codes to replace wait for your approval
    }
office-rolls-task-replacements-text = Somebody of the team asked for it. A second person has to approve it.

office-column-number = Number
office-column-district = Area
office-column-birth-date = Birth date
office-column-email = E-mail address
office-column-left = Return to the roll
office-column-header = Names of the columns
office-column-encoding = Encoding
office-column-line = The whole line

office-rule-twice = This number is on line { $line } already. Keep one line a person.
office-rule-known = This number is in the roll already.
office-rule-formula = This is a formula. Copy the column and paste “values only”.
office-rule-shortened = The spreadsheet shortened this number (1.23E+11). Give the column the format “text” and restore the number.
office-rule-number = The number is missing or has more than 64 characters.
office-rule-district = Use the code of the area: 1 to 64 letters without accents, digits, hyphens or dots.
office-rule-past = The date has to be in the past and not before 1900.
office-rule-date = Write the date as 28/02/1980 (day, month, year) or as 1980-02-28.
office-rule-email = This is no e-mail address.
office-rule-unreadable = A character cannot be read: the file’s encoding was changed on its way. Save it again as “CSV UTF-8”.
office-rule-quote-open = A quotation mark (") is not closed on this line.
office-rule-quote-after = There is something between a closing quotation mark and the next separator.
office-rule-nameless = A column without a name has something in it. Name it or empty it.
office-rule-empty = The file is empty.
office-rule-no-number = The column “member_number” is missing.
office-rule-column-twice = A column is named twice.
office-rule-names = The first line does not name the columns, or names others than member_number, district, birth_date and email (or number, area, date of birth, e-mail). Remove titles above it and columns that are too many.
office-rule-separator = Separate the names of the columns by a semicolon, a comma or a tab.
office-rule-sep = The line “sep=” has to name a semicolon, a comma or a tab.
office-rule-workbook = This is a spreadsheet’s workbook. Choose “Save as”, then “CSV UTF-8”.
office-rule-compressed = This is a compressed file. Unpack it and choose the CSV file.
office-rule-no-csv = This is no CSV file, whatever its name. In your spreadsheet, choose “Save as”, then “CSV UTF-8”.
office-rule-encoding = The file is not in the chosen encoding. Choose another one.
office-rule-not-utf-8 = A character shows that the file is not in UTF-8. Choose the encoding below, mostly Windows-1252, or save it as “CSV UTF-8”.
office-rule-fields = The line has { $given } values and not { $wanted }, as there are columns.
office-rule-vote = This has to stay until the vote is over that is open.
office-notice-mark = was read without the spreadsheet’s mark (="…" or ').
office-notice-plain = was read in plain characters: it had invisible ones, other spaces, dashes or digits.
office-notice-day-first = dates are read with the day first: day, month, year.
office-notice-shared = is somebody else’s address, too: who signs in by it has to say their number.
office-notice-held = signs nobody in before the votes under way are over, or until two people have replaced the code.

office-members-search = Find a member
office-members-lead = Find a person by their number or e-mail address, written in whole.
office-members-text = Number or e-mail address
office-members-text-hint = In whole: the data is encrypted and cannot be browsed.
office-members-text-missing = Enter a number or an e-mail address.
office-members-find = Find
office-members-nobody = Nobody was found
office-members-nobody-text = Check the number or the address. The person may not be in this roll.
office-members-found =
    { PLURAL($count) ->
        [one] { $count } person found
       *[other] { $count } people found
    }
office-members-left = Has left the roll
office-members-address-held = The address signs nobody in for now
office-members-change = Correct
office-members-replace = Replace the code
office-members-erase = Erase…
office-members-change-title = Correct member { $number }
office-members-change-lead = What you correct is noted in the history, without the values.
office-members-no-district = None
office-members-email-hint = If the address changes, the old one is told.
office-members-changed = The member is corrected.
office-members-held = The member is corrected. The new address signs in only after the votes under way.
office-members-poll-open = A vote with this roll is open and rests on these values. They can be corrected after the vote.
office-members-not-sure = Tick the box if you want this.
office-members-erase-title = Erase the data of member { $number }?
office-members-erase-data = Number, area, birth date and address are erased, and the sessions end.
office-members-erase-vote = The person can no longer vote with this roll.
office-members-erase-ballots = Ballots that they cast stay counted. Nothing links them to the person. This cannot be undone.
office-members-erase-sure = The person asked for it, or the law demands it.
office-members-erase-do = Erase the data
office-members-erased = The member’s data is erased.
office-members-replace-title = Replace the code of member { $number }?
office-members-replace-second = Nothing changes until a second administrator approves it: whoever holds a code can vote in the person’s place.
office-members-replace-old = The old code is then no longer good, and the sessions end.
office-members-replace-told = The person is told by e-mail if their address is known.
office-members-replace-sure = I have made sure who the person is.
office-members-replace-do = Ask for the replacement

office-codes = Codes of the letters
office-codes-lead = This page creates the codes that you print in the letters.
office-codes-none = All members have a code
office-codes-none-text = A code cannot be read again. If a letter was lost, find the member and ask for a new code.
office-codes-title = Create the codes of the letters?
office-codes-made =
    { PLURAL($count) ->
        [one] { $count } member gets a code. Who has one keeps it.
       *[other] { $count } members get a code. Who has one keeps it.
    }
office-codes-once = The codes are shown this once: Comitia keeps only a fingerprint of them.
office-codes-secret = Whoever reads a code can vote in the person’s place. Send the file to the printer alone, by a safe way, and delete it afterwards.
office-codes-kept = If the download fails, you can repeat it from the next page for a day.
office-codes-sure = I know where to save this file and who will get it.
office-codes-not-sure = Tick the box when you know where to save the file.
office-codes-do = Create the codes
office-codes-done =
    { PLURAL($count) ->
        [one] { $count } code is created
       *[other] { $count } codes are created
    }
office-codes-done-lead = Download the file now, before you leave this page.
office-codes-take = These codes cannot be read any more after this page. Download the file and check that it opens.
office-codes-download = Download the file for the mail merge (CSV)
office-codes-caption = Codes that were created
office-codes-code = Code
office-codes-remaining =
    { PLURAL($count) ->
        [one] { $count } member has no code yet.
       *[other] { $count } members have no code yet.
    }
office-codes-more = Create the next codes
office-codes-back = Back to the roll

office-replacements = Replacements of codes
office-replacements-lead = This page shows the codes to replace. One person asks, another one approves.
office-replacements-none = No replacement
office-replacements-none-text = If a letter was lost, find the member in their roll and ask for a new code.
office-replacements-caption = Replacements, newest first
office-replacements-asked-by = Asked by
office-replacements-asked-on = Asked on
office-replacements-approved = Approved
office-replacements-expired = Expired
office-replacements-waits = Waits for a second person
office-replacements-approve = Examine
office-replacements-erased = (erased)
office-replacements-asked = The replacement is asked for. A second administrator has to approve it: tell them.
office-replacements-title = Approve the new code of member { $number }?
office-replacements-by = { $name } asked for it.
office-replacements-old-ends = The old code is no longer good and the person’s sessions end.
office-replacements-shown-once = The new code is shown to you once, for the new letter.
office-replacements-responsible = How many codes were replaced during a vote is public.
office-replacements-sure = I have made sure that the request is right.
office-replacements-not-sure = Tick the box when you have made sure that the request is right.
office-replacements-do = Approve and show the code
office-replacements-second = You asked for this replacement, or joined the team after it was asked for. Somebody else has to approve it.
office-replacements-not-pending = This replacement is approved already, or has expired. Ask for a new one.
office-replacements-done = New code of member { $number }
office-replacements-done-text = Print it in the new letter now: it cannot be read any more after this page.
office-operator = Operator of the platform
office-former = Former member of the team
