# Accounts in conflict: two accounts claim the same person of a roll.

office-residents = Accounts in conflict
office-residents-lead = This page shows the cases in which two accounts claim the same person of an electoral roll. A person has one account: you decide which.
office-residents-none = No conflict
office-residents-none-text = If two accounts claim the same person of a roll, the case will appear here.
office-residents-caption = Cases, the oldest first
office-residents-case = Case
office-residents-case-of = Number { $number }
office-residents-case-lead = These are the two accounts. Write to their owners before you decide.
office-residents-roll = Electoral roll
office-residents-opened = Opened on
office-residents-open = To be decided
office-residents-was-kept = Left with the first account
office-residents-was-moved = Given to the claiming account
office-residents-decided = Decision
office-residents-open-only = Show only what is to be decided
office-residents-all = Show decided cases too
office-residents-holder = Account linked today
office-residents-claimant = Claiming account
office-residents-no-name = No name yet
office-residents-no-account = None: the account is erased or no longer linked.
office-residents-what = What to do?
office-residents-ask = Write to both addresses and ask whose letter it is. Send neither number nor code.
office-residents-same = If both accounts are one person’s, give the link to the account that they want to keep.
office-residents-stolen = If somebody used another person’s letter, replace that person’s code too, on the page of the roll.
office-residents-keep = Leave it with the linked account
office-residents-move = Give it to the claiming account
office-residents-close = Close the case without a link
office-residents-keep-title = Leave this person with the account that is linked?
office-residents-keep-holder = The account linked today stays so.
office-residents-keep-claimant = The claiming account is not linked with this person of the roll.
office-residents-move-title = Give this person to the claiming account?
office-residents-move-claimant = The claiming account becomes a verified resident’s and votes as this person.
office-residents-move-holder = The account linked today no longer is. What it wrote stays.
office-residents-vote = A ballot that either has cast stays good and counts once. The decision cannot be taken back here.
office-residents-sure = I have made sure whose letter it is.
office-residents-not-sure = Tick the box once you have made sure.
office-residents-kept = The case is closed: the link has not changed.
office-residents-moved = The case is closed: the person is linked with the claiming account.
office-residents-decided-before = This case was decided in the meantime. Nothing was changed.
office-residents-other-member = The claiming account is linked with another person of this roll already. Nothing was changed.
office-residents-task =
    { PLURAL($count) ->
        [one] { $count } account in conflict waits for your decision
       *[other] { $count } accounts in conflict wait for your decision
    }
office-residents-task-text = Two accounts claim the same person of a roll. Until you decide, the second is not linked.
