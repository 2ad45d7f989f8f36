# The text for the press, and what is printed of a result.

press-title = Text for the press
press-page-title = Text for the press – { $budget }
press-about-page = You may copy this text as it is. It is written from the published result; the exact figures are at its end.
press-download = Download the text (.txt)
press-headline =
    { PLURAL($count) ->
        [one] { $budget }: { $number } project is funded
       *[other] { $budget }: { $number } projects are funded
    }
press-headline-none = { $budget }: no project is funded
press-lead = On { $date }, { $organization } published the result of the vote on the budget “{ $budget }” ({ $process }).
press-lead-funded =
    { PLURAL($funded) ->
        [one] { $number } project out of { $all } is funded, for { $spent }: { $share } of the budget of { $amount }.
       *[other] { $number } projects out of { $all } are funded, for { $spent } in all: { $share } of the budget of { $amount }.
    }
press-lead-none =
    { PLURAL($count) ->
        [one] The only project is not funded; the budget was { $amount }.
       *[other] None of the { $count } projects is funded; the budget was { $amount }.
    }
press-funded = The following are funded, in the order of the decision:
press-project =
    { PLURAL($count) ->
        [one] { $title } – { $cost }, { $count } vote
       *[other] { $title } – { $cost }, { $count } votes
    }
press-most-funded =
    { PLURAL($count) ->
        [one] The funded project that most people chose is “{ $title }”: it has { $count } vote ({ $share } of the ballots).
       *[other] The funded project that most people chose is “{ $title }”: it has { $count } votes ({ $share } of the ballots).
    }
press-most-not-funded =
    { PLURAL($count) ->
        [one] Of the projects that are not funded, “{ $title }” was chosen most, with { $count } vote. { $why }
       *[other] Of the projects that are not funded, “{ $title }” was chosen most, with { $count } votes. { $why }
    }
press-paper = Share of paper ballots: { $share }.
press-satisfied = Share of voters with at least one funded project of theirs: { $share }.
press-check = All ballots are published without names, and anybody can count them again: { $address }. Digest of the seal (SHA-256): { $seal }.
press-figures = The exact figures:
press-figure-projects =
    { PLURAL($count) ->
        [one] Projects in the vote: { $count }, of which funded: { $funded }
       *[other] Projects in the vote: { $count }, of which funded: { $funded }
    }
press-figure-ballots = Ballots: { $count }
press-figure-amount = Budget: { $amount }
press-figure-spent = Spent: { $spent } ({ $share } of the budget)
press-figure-left = Left: { $left }
press-contact = Contact: { $email }
press-all = all
press-exact = { $words } ({ $exact })
press-about = about { $words }
press-fraction =
    { $fraction ->
        [tenth] a tenth
        [fifth] a fifth
        [quarter] a quarter
        [third] a third
        [two-fifths] two fifths
        [half] half
        [three-fifths] three fifths
        [two-thirds] two thirds
        [three-quarters] three quarters
        [four-fifths] four fifths
       *[nine-tenths] nine tenths
    }
press-fraction-below =
    { $fraction ->
        [tenth] nearly a tenth
        [fifth] nearly a fifth
        [quarter] nearly a quarter
        [third] nearly a third
        [two-fifths] nearly two fifths
        [half] nearly half
        [three-fifths] nearly three fifths
        [two-thirds] nearly two thirds
        [three-quarters] nearly three quarters
        [four-fifths] nearly four fifths
       *[nine-tenths] nearly nine tenths
    }
press-fraction-above =
    { $fraction ->
        [tenth] just over a tenth
        [fifth] just over a fifth
        [quarter] just over a quarter
        [third] just over a third
        [two-fifths] just over two fifths
        [half] just over half
        [three-fifths] just over three fifths
        [two-thirds] just over two thirds
        [three-quarters] just over three quarters
        [four-fifths] just over four fifths
       *[nine-tenths] just over nine tenths
    }
press-money =
    { $currency ->
        [GBP] { PLURAL($count) ->
            [one] { $count } pound
           *[other] { $count } pounds
        }
       *[EUR] { PLURAL($count) ->
            [one] { $count } euro
           *[other] { $count } euros
        }
    }
press-millions =
    { $currency ->
        [GBP] { PLURAL($count) ->
            [one] { $number } million pounds
           *[other] { $number } million pounds
        }
       *[EUR] { PLURAL($count) ->
            [one] { $number } million euros
           *[other] { $number } million euros
        }
    }
press-number =
    { $name ->
        [n1] one
        [n2] two
        [n3] three
        [n4] four
        [n5] five
        [n6] six
        [n7] seven
        [n8] eight
        [n9] nine
       *[more] { $number }
    }
result-hand-on = Print it and make it known
result-download-pdf = Download the result (PDF)
result-report-page = Page { $page } of { $pages }
result-report-project = { $title } (no. { $reference })
result-report-amount = Budget: { $amount }; left: { $left }.
