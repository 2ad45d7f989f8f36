# Results, the rules that decide, and how anybody checks them.

result-title = Result
result-page-title = Result – { $budget }
result-heading = Result: { $budget }
result-about =
    { PLURAL($count) ->
        [one] { $count } project funded by { $ballots } ballots; { $spent } spent.
       *[other] { $count } projects funded by { $ballots } ballots; { $spent } spent.
    }
result-not-yet = There is no result yet.
result-not-yet-until = The vote ends at { $end }; the result comes soon after.
result-see-budget = See the budget and its projects
result-published = Published on
result-funded-count =
    { PLURAL($count) ->
        [one] project funded
       *[other] projects funded
    }
result-ballots =
    { PLURAL($count) ->
        [one] ballot
       *[other] ballots
    }
result-spent = spent
result-left = left
result-spent-of = Spent of { $amount }
result-satisfied = At least one project is funded that they chose: { $share } of the voters.
result-funded = Funded projects
result-funded-caption = In the order of funding
result-funded-none = No project is funded
result-funded-none-text = Each project below says why.
result-not-funded = Projects that are not funded
result-not-funded-caption = By votes
result-project = Project
result-votes = Votes
result-points = Points
result-reason = Why
result-chart-votes = The projects with the most votes
result-chart-points = The projects with the most points
result-chart-about =
    { PLURAL($count) ->
        [one] One bar: the project with the most support. It says whether it is funded.
       *[other] { $count } bars, the longest first: the projects with the most support. Each says whether it is funded.
    }
result-why-next = Funded in round { $round }: it was next by its support. { $left } was left afterwards.
result-why-paid =
    { PLURAL($count) ->
        [one] Funded in round { $round }: { $count } of its supporters paid for it from their share, { $most } at the most. { $left } was left afterwards.
       *[other] Funded in round { $round }: { $count } of its supporters paid for it from their shares, { $most } each at the most. { $left } was left afterwards.
    }
result-why-in-part = Funded in part in round { $round }: of the projects that cost too much for what was left, it was the first. It gets { $granted } of { $cost }.
result-why-does-not-fit = It costs { $cost }; only { $left } was left when its turn came, { $lacking } too little.
result-why-below = It has { $score }; at least { $count } was needed.
result-why-excluded = It excludes project { $other }, which is funded (group “{ $group }”).
result-why-envelope = It costs { $cost }; only { $left } was left for “{ $group }”.
result-why-supporters =
    { PLURAL($count) ->
        [one] Its supporter had { $had } left; it needed { $needed }.
       *[other] Its { $count } supporters had { $had } each left on average; it needed { $needed }.
    }
result-why-lacking = It costs { $cost }; its supporters together had { $lacking } too little left of their shares.
result-why-stopped = The rule stops at the first project that does not fit: project { $other }.
result-why-no-support = Nobody voted for it.
result-why-withdrawn = It was withdrawn.
result-turnout = Who took part
result-turnout-all =
    { PLURAL($count) ->
        [one] { $count } person voted.
       *[other] { $count } people voted.
    }
result-blank =
    { PLURAL($count) ->
        [one] { $count } paper was blank.
       *[other] { $count } papers were blank.
    }
result-invalid =
    { PLURAL($count) ->
        [one] { $count } paper was invalid.
       *[other] { $count } papers were invalid.
    }
result-districts = Ballots by district
result-districts-about = One bar for each district, the longest first.
result-district = District
result-district-none = Without a district
result-district-small = Several small districts together
result-ballots-column = Ballots
result-channels = Ballots by district and way
result-online = Online
result-paper = On paper
result-any-channel = Either way (too few to tell)
result-rule = How it was decided
result-rule-who = { $organization } chose the rule before the vote opened. It was frozen with the vote, and a program applied it; nobody decides by hand.
result-rule-greedy = Projects are taken in the order of their support, most first.
result-rule-skip = One that costs more than is left is passed over, and the next is looked at.
result-rule-no-skip = At the first that costs more than is left, the rule stops.
result-rule-exclusive = Of projects that exclude each other only the first is funded.
result-rule-in-part = What is left in the end goes to the first project that costs too much for it, if it is at least { $percent }% of the cost: that project is funded in part.
result-rule-minimum =
    { PLURAL($count) ->
        [one] Only projects with at least { $count } vote or point can be funded.
       *[other] Only projects with at least { $count } votes or points can be funded.
    }
result-rule-shares = The money is divided into equal shares among all who voted (Method of Equal Shares).
result-rule-shares-round = A project is funded when its supporters can pay for it together from their shares. In each round it is the project that asks least of them for what they gain; each pays equally, or what is left of their share.
result-rule-shares-cost = What a person gains from a project counts by its cost.
result-rule-shares-cardinality = Each project that a person supports counts alike, or by its points.
result-rule-shares-integral = Shares begin rounded down to a whole unit.
result-rule-shares-none = What is left at the end is not spent.
result-rule-shares-greedy = What is left at the end goes to projects in the order of their support.
result-rule-shares-add-unit = So that little is left, the count is repeated with shares that are larger by one unit of the currency each time, as long as the funded projects cost no more than there is.
result-rule-shares-add = So that little is left, the count is repeated with shares that are larger by { $step } each time, as long as the funded projects cost no more than there is.
result-rule-shares-exhaustive = It also ends when no further project fits.
result-rule-shares-comparison = If more voters would gain more from taking projects in the order of support, that is done instead.
result-rule-borda = A place in an order gives points: the first most, each after it one less.
result-rule-ranks = Places in an order give these points, best first: { $points }.
result-rule-ties = Between equals, this decides, one after the other: { $chain }.
result-rule-seed = The lot can be drawn again from its published seed, “{ $seed }”.
result-tie-votes = more votes
result-tie-cheapest = lower cost
result-tie-dearest = higher cost
result-tie-lot = lot
result-tie-reference = number of the project
result-ties =
    { PLURAL($count) ->
        [one] { $count } tie was broken
       *[other] { $count } ties were broken
    }
result-tie = Round { $round }: projects { $projects } were equal; { $chosen } came first ({ $by }).
result-check = Check it yourself
result-check-text = All ballots are published without names. Anybody can count them again.
result-download-pb = Download the ballots (.pb)
result-download-json = Download the result (.json)
result-check-how = Save the ballots as result.pb and run the program comitia. It says VERIFIED when the file is what was sealed and the count comes to the same, ALTERED otherwise.
result-digests = Digests
result-digest = Of what
result-digest-value = SHA-256
result-digest-seal = The sealed ballots
result-digest-trace = Every step of the count
result-digest-codes = The tracking codes of all ballots cast online
result-small-groups = So that nobody’s vote can be guessed, no group of fewer than { $count } ballots is published by itself: small districts stand together, and where too few voted one way, the way is left out.
result-set-aside =
    { PLURAL($count) ->
        [one] { $count } batch of papers is not counted; two officers set it aside, for this reason:
       *[other] { $count } batches of papers are not counted; two officers set them aside, for these reasons:
    }
result-rule-phragmen = Sequential Phragmén: every voter earns money at the same pace. A project is funded as soon as those who voted for it can pay for it together; their money is then spent. It ends at the first project that the budget cannot pay.
result-download-csv = Download the projects (.csv)
result-blank-ballots =
    { PLURAL($count) ->
        [one] { $count } ballot chose nothing.
       *[other] { $count } ballots chose nothing.
    }
result-leftover-from = { $amount } of it was left by another budget:
result-leftover-to = What is left ({ $amount }) goes to another budget of the same process.
recount-title = Count it yourself, here
result-check-program = Count with a program of your own
recount-about = Your browser loads the published ballots and the counting program, checks the seal, and counts again. It sends nothing.
recount-start = Count in this browser
recount-busy = Your browser is counting. For a large vote this may take a minute.
recount-same = Your browser comes to the same result.
recount-same-seal = Ballots and projects are those that were sealed at the close.
recount-same-funded = The same projects are funded.
recount-same-trace = Every step of the count is the same.
recount-took = Time to count:
recount-different = Your browser does not come to the published result.
recount-fault-file = The file that came is no file of ballots.
recount-fault-seal = The file that came is not the one that was sealed at the close: it was altered.
recount-fault-funded = The count funds other projects than those on this page.
recount-fault-trace = At least one step of the count is not the one that was published.
recount-different-now = Reload the page and count once more. If the answer stays the same, keep the file of ballots and report it to the organization.
recount-failed = The count could not be made.
recount-failed-now = The ballots or the program did not arrive, or your browser is too old. This says nothing about the result. Try again, or count with the program comitia.
recount-without-script = Your browser runs no scripts: count with the program comitia.
recount-absent = This site was built without the program that counts in the browser: count with the program comitia.
