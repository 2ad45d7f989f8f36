# Participation by area and by age, and what happened with a roll.

office-participation = Participation
office-participation-see = See participation by area and by age
office-participation-lead = Who could vote and who signed in, by age and by area. These figures may be published as they are.
office-participation-open = Sign-ins are given once the vote is closed. Before that, the difference between two readings would tell of single people.
office-participation-groups = So that nobody can be recognized, no group has fewer than { $count } people who signed in, or who did not: small groups stand together.
office-participation-not-votes = To sign in is not to vote: a ballot does not know an age, and nobody knows who voted. Members of the roll are counted, by letter or e-mail.
office-participation-electors =
    { PLURAL($count) ->
        [one] person may vote
       *[other] people may vote
    }
office-participation-sign-ins =
    { PLURAL($count) ->
        [one] person signed in
       *[other] people signed in
    }
office-participation-ages = By age
office-participation-areas = By area
office-participation-age = Age
office-participation-age-under = under { $to }
office-participation-age-between = { $from } to { $to }
office-participation-age-over = { $from } and over
office-participation-age-any = all ages
office-participation-age-unknown = age unknown
office-participation-age-with-unknown = { $ages }, and age unknown
office-participation-chart-sign-ins = People who signed in
office-participation-chart-electors = People who may vote
office-participation-chart-about = A bar for each group.
office-participation-count = People
office-participation-may = May vote
office-participation-did = Signed in
office-participation-share = Share
office-participation-table = The figures as a table
office-participation-csv = Download the figures (.csv)
office-participation-by = By
office-participation-group = Group
office-figures = Letters and sign-ins
office-figures-lead = How many codes were made, how often members signed in, and how many letters came back. These are sums by day (universal time): nothing is kept about one person.
office-figures-codes =
    { PLURAL($count) ->
        [one] codes made, in { $count } batch
       *[other] codes made, in { $count } batches
    }
office-figures-codes-column = Codes made
office-figures-by-code = Sign-ins by letter
office-figures-by-email = Sign-ins by e-mail
office-figures-returned = Letters that came back
office-figures-returned-caption = Letters that came back, by area
office-figures-day = Day
office-figures-days = Day by day
office-returned = Note letters that came back
office-returned-lead = Note the letters that the post brought back. Of each number only the area is kept: a letter that is noted twice counts twice.
office-returned-numbers = Numbers on the letters
office-returned-numbers-hint = One a line, 1,000 at the most.
office-returned-numbers-many = Give 1,000 numbers at the most, then go on with the others.
office-returned-numbers-wrong = Each number has 1 to 64 characters.
office-returned-nothing = Give numbers, or a number of letters.
office-returned-count = Number of letters without a number
office-returned-count-hint = Besides the numbers above; choose their area.
office-returned-count-wrong = Give a whole number, a million at the most.
office-returned-district-wrong = This area is no longer there: choose another one.
office-returned-unknown =
    { PLURAL($count) ->
        [one] This number is not in the roll. The other letters are noted.
       *[other] These { $count } numbers are not in the roll. The other letters are noted.
    }
office-returned-done = The letters are noted.
office-log-record-returned-letters = Note of letters that came back
office-log-field-letters = Letters that came back
