# Words of the booth: votes, ballots, receipts.

# The list of votes.
votes-title = Votes
votes-lead = Each vote has its own ballot. You can fill them in one after the other, in any order.
votes-none = There is no vote at the moment
votes-none-text = When a vote is announced, it appears here.
votes-sign-in = Reading is open to everybody. To vote, you will be asked to sign in with your letter or your e-mail address.
votes-open = Open now
votes-coming = Coming
votes-over = Over
votes-receipts = Check with a receipt that a ballot counts
votes-opens = Opens on { $time }
votes-until = Open until { $time }
votes-closed = Was open until { $time }
votes-for-districts = For residents of: { $districts }
votes-petition = Petition
votes-state-open = Open
votes-state-paused = Paused
votes-state-to-sign = To sign
votes-state-over = Closed
votes-state-coming = Coming
votes-state-called-off = Called off
votes-state-sealed = Counted
votes-state-counting = Being counted

# The ballot.
vote-open-until = Open until { $time }.
vote-recast-allowed = Until then you can change your ballot; the last one counts.
vote-recast-not-allowed = Once cast, a ballot cannot be changed.
vote-district = Your ballot will count for: { $district }.
vote-rules = How to vote
vote-how-choose = Tick what you want to see done.
vote-how-one = Choose the one that you prefer.
vote-how-points = Share your points: write how many each one gets. Those left empty get none.
vote-how-score = Give a score to those that you want to judge. Those left empty are not judged.
vote-how-ranking = Number the ones that you want, beginning with 1 for the one that you prefer. Leave the others empty.
vote-rule-choices-min = Choose at least { $min }.
vote-rule-choices-max = Choose at most { $max }.
vote-rule-choices-exact = Choose exactly { $count }.
vote-rule-choices-between = Choose { $min } to { $max }.
vote-rule-cost-min = All together must cost at least { $min }.
vote-rule-cost-max = All together may cost at most { $max }.
vote-rule-cost-between = All together must cost between { $min } and { $max }.
vote-rule-points-min =
    { PLURAL($min) ->
        [one] Give at least { $min } point in all.
       *[other] Give at least { $min } points in all.
    }
vote-rule-points-max =
    { PLURAL($max) ->
        [one] You have { $max } point in all.
       *[other] You have { $max } points in all.
    }
vote-rule-points-exact =
    { PLURAL($count) ->
        [one] Give exactly { $count } point in all.
       *[other] Give exactly { $count } points in all.
    }
vote-rule-points-between = Give { $min } to { $max } points in all.
vote-rule-points-each-min =
    { PLURAL($min) ->
        [one] Each one that you choose gets at least { $min } point.
       *[other] Each one that you choose gets at least { $min } points.
    }
vote-rule-points-each = Each one that you choose gets { $min } to { $max } points.
vote-rule-category = In the category “{ $category }”: { $rule }
vote-rule-one-of = Choose at most one of these: { $titles }.
vote-options = The choice
vote-shown =
    { PLURAL($all) ->
        [one] { $shown } of { $all } is shown. What you have chosen is kept.
       *[other] { $shown } of { $all } are shown. What you have chosen is kept.
    }
vote-category = Category
vote-all-categories = All categories
vote-find = Word in the title
vote-show = Show
vote-about = More about it
vote-read-all = Read all of it (opens in a new tab)
vote-no-room = Does not fit beside what you have chosen.
vote-points-unit = points
vote-rank-unit = rank
vote-chosen = Your choice
vote-chosen-none = Nothing yet.
vote-remove = Remove
vote-up = Up
vote-down = Down
vote-rank-add = Add to my choice
vote-count = Chosen
vote-cost = Cost
vote-left = Left
vote-points = Points given
vote-points-left = Points left
vote-of = of { $all }
vote-update = Update the sum
vote-see-chosen = See my choice
vote-check = Check my ballot
vote-leave = Leave without voting

# What is wrong with a ballot.
vote-same-rank = “{ $title }” has the same rank as another one. Give each its own number.
vote-not-a-rank = The rank of “{ $title }” must be a whole number from 1, or empty.
vote-not-points = The points of “{ $title }” must be a whole number, or empty.
vote-broken-choices = You have chosen { $count }.
vote-broken-cost = Together they cost { $cost }.
vote-broken-points =
    { PLURAL($count) ->
        [one] You have given { $count } point.
       *[other] You have given { $count } points.
    }
vote-broken-points-each =
    { PLURAL($count) ->
        [one] “{ $title }” has { $count } point.
       *[other] “{ $title }” has { $count } points.
    }
vote-refused-rule = The ballot breaks a rule of this vote: { $rule }

# The check.
vote-check-title = Check your ballot
vote-blank = Your ballot is empty
vote-blank-text = You can cast it like this. It counts in the turnout and chooses nothing.
vote-choice-points =
    { PLURAL($count) ->
        [one] { $count } point
       *[other] { $count } points
    }
vote-check-recast = You can change your ballot until { $time }. The last one counts.
vote-check-final = Once cast, your ballot cannot be changed.
vote-check-secret = Your ballot is sent without your name, your number or your session. Nobody learns how you voted.
vote-cast = Cast my ballot
vote-change = Change it

# Why a ballot cannot be cast.
vote-all = All votes
vote-look-up = Check a receipt
vote-see-result = See the result
vote-try-again = Try again
vote-too-early = This vote is not open yet
vote-too-early-text = It opens on { $time } (time of { $zone }). Come back then; your letter stays good.
vote-too-late = This vote is over
vote-too-late-text = It was open until { $time } (time of { $zone }). No ballot is taken any more. If you cast one in time, it counts: your receipt shows it.
vote-closed-early = It was closed before its time:
vote-called-off = This vote was called off
vote-called-off-text = It has no result. Ballots that were cast do not count. The reason that was given:
vote-not-eligible = You cannot vote here
vote-not-eligible-roll = You are not in the electoral roll of this vote.
vote-not-eligible-district = This vote is for the residents of other districts than yours.
vote-not-eligible-age-unknown = This vote has a minimum age, and the electoral roll does not have your date of birth.
vote-not-eligible-age = You are younger than the minimum age of this vote on the day on which it opened.
vote-not-eligible-other = The conditions of this vote do not include you.
vote-not-eligible-text = If you think that this is a mistake, write to { $organization }. Other votes may be open to you.
vote-staff = This session cannot vote
vote-staff-text = You have signed in as a member of the team. To vote as a resident, sign in with your letter.
vote-staff-sign-in = Sign in with my letter
vote-not-ready = This vote is being prepared
vote-not-ready-text = It was set up a moment ago. Try again in a few seconds.
vote-on-paper = You have voted on paper
vote-on-paper-text = Your ballot on paper is counted, and cannot be changed online. If you did not vote on paper, write to { $organization }.
vote-already-cast = A ballot was cast before
vote-already-cast-text = In this vote, a ballot cannot be changed. The first one counts, and the one that you have sent now does not.
vote-already-cast-not-me = If it was not you, somebody else may have your letter: write to { $organization }.
vote-permit-gone = This form is too old
vote-permit-gone-text = Nothing was counted. For your safety a ballot form is good for a limited time. Open a new one; what you had chosen is shown below, so that you can choose it again.
vote-permit-new = Open a new ballot (new tab)
vote-permit-gone-choice = What you had chosen
vote-no-answer = Your answer did not arrive
vote-no-answer-text = Many people are voting, or the connection was lost. Send it again: it counts once, however often it is sent. Your choice is kept on this page.
vote-no-check = Your ballot could not be checked
vote-no-check-text = Nothing is lost: your choice is kept on this page. Send it again.
vote-send-again = Send again

# The receipt.
receipt-title = Your ballot is in the ballot box
receipt-code = Your tracking code
receipt-revision = This is your ballot number { $revision } in this vote. It replaces the ones before.
receipt-keep = Keep this receipt
receipt-keep-text = Print this page, write the code down or scan the picture. Without it, nobody can find your ballot for you, not even we.
receipt-print = Print
receipt-means = What it means
receipt-means-stored = Your ballot is stored safely and counts.
receipt-means-secret = The code does not tell what you voted, nor who you are. Anybody who has it can see that a ballot counts, and nothing else.
receipt-means-list = When the vote is over, the list of all codes is public: yours must be in it.
receipt-change = Changing your ballot
receipt-change-until = You can cast another ballot until { $time }. The last one counts, and its receipt has another code.
receipt-change-not = This ballot is final.
receipt-change-do = Change my ballot
receipt-others = Other votes
receipt-shared-device = On a device that others use, sign out and close this page.
receipts-title = Does a ballot count?
receipts-lead = With the tracking code of a receipt anybody can check that its ballot counts. Nothing is said of the voter or the ballot.
receipts-none = There are no receipts yet
receipts-none-text = No vote has opened so far.
receipts-poll = Vote
receipts-code = Tracking code
receipts-code-hint = As it is on the receipt. Capital letters, spaces and hyphens do not matter.
receipts-do = Check
receipts-counted = This ballot counts
receipts-counted-open = It is in the ballot box and counts, unless the voter replaces it by another one before the end.
receipts-counted-over = It was in the ballot box at the end and is part of the result.
receipts-replaced = This ballot was replaced
receipts-replaced-text = The same voter cast a later one, which counts instead. This was number { $revision } of { $latest }.
receipts-unknown = No ballot has this code
receipts-unknown-text = No ballot of this vote has the code { $code }. Make sure that it is the right vote. If it is, keep your receipt and write to the organizers: this should not happen.
receipts-mistyped = This is not a tracking code: a letter or digit is wrong or missing.
receipts-list = The list of all codes
receipts-list-text =
    { PLURAL($count) ->
        [one] { $count } code of ballots that were cast online is published. The digest of the list:
       *[other] { $count } codes of ballots that were cast online are published. The digest of the list:
    }
receipts-other-poll = Another vote
sign-in-email-shared = Other people use this address, or you also work here
sign-in-email-number = Your number, from your letter
sign-in-email-number-hint = Only needed if several voters have this e-mail address.
sign-in-email-as-member = I am on the team, and want to sign in as a voter.
sign-in-email-number-missing = Several voters have this address. Enter your number from your letter, so that we know who you are.
