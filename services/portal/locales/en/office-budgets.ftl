# Budgets in the office: money, projects, rules, scheduling, follow-up, trials.

office-budgets = Budgets
office-budgets-lead = The money of each process: how much there is, for which projects, by which rules.
office-budgets-no-process = There is no process yet
office-budgets-no-process-text = A process says when people propose and when they vote. Create one first.
office-budgets-process = Process
office-budgets-process-show = Show
office-budgets-none = This process has no budget yet
office-budgets-none-text = Create one budget for the whole city, or one for each district. Then add projects, and schedule the vote.
office-budgets-new = New budget
office-budgets-caption = The budgets of the process
office-budgets-budget = Budget
office-budgets-area = Area
office-budgets-amount = Amount
office-budgets-state = State
office-budgets-task = Prepare the budget “{ $budget }”
office-budgets-task-text = The vote is not scheduled yet.
office-budget-lead-draft = This budget is being prepared: projects and rules can change.
office-budget-lead-frozen = The vote is scheduled: projects and rules are frozen.
office-budget-lead-decided = The result is public. Follow up here on the projects that are funded.
office-budget-lead-annulled = This vote was annulled; there is no result.
office-budget-cost-of-all = cost of all projects
office-budget-no-projects = This budget has no projects yet
office-budget-no-projects-text = Import accepted proposals, paste a table, or add projects one by one.
office-budget-to-vote = See the vote
office-budget-rule = The rules
office-budget-edit = Change the budget and its rules
office-budget-project = Project
office-budget-projects = The projects of the budget
office-budget-follow-up = Choose a funded project to report how it comes along
office-budget-files = Open data
office-budget-files-text = These files are public. With the .pb file anybody can count again.
office-budget-done-created = The budget is created. Now add its projects.
office-budget-done-changed = The budget is changed.
office-budget-done-project = The projects are saved.
office-budget-done-deleted = The project is deleted.
office-budget-done-imported = The proposals have become projects.
office-budget-done-scheduled = The vote is scheduled. It opens at the time that was set.
office-budget-done-reported = The report is published.
office-budget-terms-lead = The money, how people vote and what decides, for “{ $process }”.
office-budget-title = Name of the budget
office-budget-title-hint = For example “Whole city” or “Station district”.
office-budget-title-wrong = Give a name of 200 characters at the most
office-budget-amount = Amount
office-budget-amount-hint = For example 300,000.
office-budget-amount-wrong = Write an amount above zero, such as 300,000 or 300,000.50
office-budget-currency = Currency
office-budget-currency-hint = In three letters, such as EUR.
office-budget-currency-wrong = Write the three letters of a currency, such as EUR
office-budget-area = For which area?
office-budget-area-hint = Unless you choose otherwise when you schedule the vote, only people of this area vote.
office-budget-area-wrong = Choose an area of the list
office-budget-leftover = What is not spent
office-budget-leftover-hint = The rest can go to another budget of the process, which is then counted last.
office-budget-leftover-none = Stays in this budget
office-budget-leftover-wrong = Choose another budget in the same currency that does not send the rest back here
office-number-wrong = Write a whole number, such as 3
office-ballot = What do people do on the ballot?
office-ballot-missing = Choose what people do on the ballot
office-ballot-approval = Tick projects
office-ballot-approval-text = The simplest. Each project ticked has one vote.
office-ballot-knapsack = Fill the budget
office-ballot-knapsack-text = People tick projects as long as their cost fits the budget. They see what their choices cost.
office-ballot-points = Share out points
office-ballot-points-text = People give more points to what matters more. It takes longer.
office-ballot-ranking = Rank projects
office-ballot-ranking-text = The first has most points. Good for few projects.
office-ballot-score = Score projects
office-ballot-score-text = People give a score to each project that they want to judge.
office-ballot-one = Choose one project
office-ballot-one-text = To decide between a few large projects. Some people get nothing.
office-ballot-least = At least how many projects
office-ballot-least-hint = Empty: a blank ballot is allowed.
office-ballot-least-wrong = This minimum is not possible with these ballots and projects
office-ballot-most = At most how many projects
office-ballot-most-hint = Empty: as many as people want.
office-ballot-most-wrong = The maximum cannot be less than the minimum
office-ballot-points-field = Points to share out
office-ballot-points-hint = Only for “Share out points”.
office-ballot-points-missing = Say how many points each person shares out
office-ballot-points-wrong = This number of points does not fit the number of projects and the maximum for each
office-ballot-each = Points for one project, at most
office-ballot-each-hint = For “Share out points”, if you like, and for “Score projects”.
office-ballot-each-missing = Say what the highest score is
office-ballot-each-wrong = This maximum for each project is not possible
office-ballot-cost-wrong = The limit of cost of the ballot is not possible with this budget
office-ballot-categories-wrong = The limits for categories are not possible with these projects
office-ballot-recast = People may change their mind until the vote closes; the last ballot counts.
office-ballot-recast-hint = Advised: a mistake is then never final.
office-rule = Which rule decides?
office-rule-missing = Choose a rule
office-rule-try = Not sure? Compare two rules on the ballots of an earlier vote:
office-rule-greedy = Most support first
office-rule-greedy-text = Simple to explain. The majority may get everything, a minority nothing.
office-rule-shares = Equal shares
office-rule-shares-text = Each person has the same share of the money. More people get at least one of their projects.
office-rule-no-skip = Most support first, stop at the first too dear
office-rule-no-skip-text = Much money may be left.
office-rule-threshold = Most support first, with a minimum
office-rule-threshold-text = A project with little support is never funded, even if money is left.
office-rule-exclusive = Most support first, one alternative only
office-rule-exclusive-text = Of several alternatives of one group, only the first is funded.
office-rule-phragmen = Sequential Phragmén
office-rule-phragmen-text = Fair too; it stops at the first project that the budget cannot pay. Not with points.
office-rule-minimum = Votes or points needed at least
office-rule-minimum-hint = Empty: no minimum.
office-rule-minimum-missing = Say how many votes or points are needed
office-rule-part = Fund a project in part, from
office-rule-part-hint = In the end, the first project that cost more than was left gets the rest, if it covers at least this share of its cost. Empty: all or nothing. Only for the rules that begin with “Most support first”.
office-rule-part-wrong = Enter a percentage from 1 to 99, or nothing
office-rule-not-with-ballot = This rule does not go with this ballot. Choose another, or another ballot.
office-rule-ranks-wrong = The points for ranks do not go with this ballot
office-completion = What equal shares leave
office-completion-add1u = Increase the shares, then most support first: nearly all is spent
office-completion-add1 = Increase the shares: a little money is left
office-completion-greedy = Most support first
office-completion-none = Do not spend it
office-shares-only = Only for equal shares.
office-satisfaction = What people gain from a project
office-satisfaction-cost = As much as it costs: large projects count more
office-satisfaction-projects = The same for each: small projects have better chances
office-project-new = Add a project
office-project-lead = What people read before they vote.
office-project-title = Title
office-project-title-wrong = Give a title of 500 characters at the most
office-project-cost-hint = For example 12,500. Zero if the project costs nothing.
office-project-cost-wrong = Write an amount, such as 12,500 or 12,500.50
office-project-reference-hint = What ballots call it. Empty: the next free number.
office-project-reference-wrong = Only plain letters, digits, and . _ - /; 64 at the most
office-project-reference-taken = Another project of the budget has this number
office-project-text = Description
office-project-text-hint = What it is, where, for whom.
office-project-text-wrong = { $most } characters at the most
office-project-categories-hint = Separated by commas: Parks, Sport.
office-project-categories-wrong = 50 categories of 100 characters at the most
office-project-address-wrong = 500 characters at the most
office-project-group-hint = Of all projects with the same name here, only one can be funded.
office-project-group-wrong = 100 characters at the most
office-project-delete = Delete the project
office-project-delete-title = Delete “{ $project }”?
office-project-delete-gone = The project disappears from the budget. Nobody can vote for it.
office-project-delete-proposal = The proposal that it came from stays, and can become a project again.
office-project-delete-sure = Yes, delete this project
office-sure-missing = Tick the box to go on
office-import = Import proposals
office-import-lead = Accepted proposals become projects, with their estimated cost.
office-import-text = Each project keeps the link to its proposal. All of it can be changed afterwards.
office-import-which = Which proposals?
office-import-do = Import the proposals ticked
office-import-free = no cost
office-import-missing = Tick at least one proposal
office-import-not-accepted = One of these proposals is no longer accepted, or is hidden: none was imported
office-import-none = No accepted proposal to import
office-import-none-text = Answer proposals first: those that are accepted appear here.
office-table = Paste a table
office-table-lead = Copy the cells of your spreadsheet with their headings and paste them here: nothing is added before you agree.
office-table-field = The table
office-table-hint = The first line says what each column holds. At least “title” and “cost” are needed.
office-table-example = Columns that are known, and an example
office-table-columns = Title, cost, number, description, categories, address, alternative. The order does not matter; other columns are ignored.
office-table-example-text =
    number,title,cost,categories
    1,A shared garden,12500,Nature
    2,Bicycle stands,3000,Cycling
office-table-check = Check
office-table-empty = Paste a table with a line of headings
office-table-no-title = The column “title” is missing in the first line
office-table-no-cost = The column “cost” is missing in the first line
office-table-rows = There have to be 1 to { $most } lines below the headings
office-table-twice = The number { $reference } is in a line above
office-table-taken = The number { $reference } is that of a project of the budget
office-table-fault = Line { $line }: { $fault }
office-table-more-faults = … and { $count } more errors
office-table-next-number = next number
office-table-found =
    { PLURAL($count) ->
        [one] One project, for { $cost }.
       *[other] { $count } projects, for { $cost } in all.
    }
office-table-first =
    { PLURAL($count) ->
        [one] The first line
       *[other] The first { $count } lines
    }
office-table-add =
    { PLURAL($count) ->
        [one] Add this project
       *[other] Add these { $count } projects
    }
office-table-change = Correct the table
office-schedule = Schedule the vote
office-schedule-lead = Say when the vote is and who votes; you see what follows before anything is frozen.
office-schedule-no-phase = The process has no vote phase
office-schedule-no-phase-text = Add a vote phase to the calendar of “{ $process }”.
office-schedule-no-roll = There is no electoral roll
office-schedule-no-roll-text = Create a roll and import the people who may vote.
office-schedule-roll = Electoral roll
office-schedule-roll-hint = Only people of this roll can vote.
office-schedule-roll-missing = Choose an electoral roll
office-schedule-roll-empty = This roll has no members: import them first
office-schedule-phase = Vote phase: from { $start } to { $end }.
office-schedule-open-day = Opening day
office-schedule-open-time = Opening time
office-schedule-open-time-hint = Empty: when the day begins.
office-schedule-open-wrong = The vote has to open during a vote phase of the process
office-schedule-close-day = Last day
office-schedule-close-time = Closing time
office-schedule-close-time-hint = Empty: when the day ends.
office-schedule-close-wrong = The end has to be in the future, after the opening, and in the same vote phase
office-schedule-time-wrong = Choose a day, and a time such as 18:00 if needed
office-schedule-paper = Entering paper ballots: days after the end
office-schedule-paper-hint = The result waits for all batches that were opened before the vote ended.
office-schedule-paper-wrong = Write a number from 0 to 60
office-schedule-age = Minimum age
office-schedule-age-hint = On the day on which the vote opens. Empty: none.
office-schedule-age-wrong = Write an age from 0 to 150
office-schedule-nobody-so-old = Nobody of the roll is that old, or birth dates are missing
office-schedule-districts = Districts that vote
office-schedule-districts-hint = Nothing ticked: the area of the budget, or everybody if it has none.
office-schedule-districts-wrong = Choose districts of the list
office-schedule-nobody-there = Nobody of the electoral roll lives in these districts
office-schedule-check = Check
office-schedule-refused = This vote cannot be scheduled
office-schedule-not-published = The process is not published. Publish it first.
office-schedule-leftover-late = The budget that gets the rest is counted already: choose another, or keep the rest here.
office-schedule-rule-impossible = No ballot could keep these rules with these projects. Change the rules.
office-schedule-no-warnings = Nothing speaks against this vote.
office-schedule-warnings = Look at this before you go on
office-schedule-this = This vote
office-schedule-opens = Opens
office-schedule-closes = Closes
office-schedule-paper-until = Paper entered until
office-schedule-who = Who may vote
office-schedule-electors =
    { PLURAL($count) ->
        [one] { $count } person
       *[other] { $count } people
    }
office-schedule-district = District
office-schedule-number = People
office-schedule-by-district = People who may vote, by district
office-schedule-freezes = The budget, its projects and its rules are frozen.
office-schedule-clock = The vote opens and closes by itself, at the times set.
office-schedule-cancel = Until it opens you can still call it off; after that you cannot.
office-schedule-sure = Yes, the projects, the rules and the dates are right
office-schedule-do = Schedule the vote
office-schedule-change = Change something
office-warning-no-area =
    { PLURAL($count) ->
        [one] One district of the roll is none of your areas.
       *[other] { $count } districts of the roll are none of your areas.
    }
office-warning-nobody =
    { PLURAL($count) ->
        [one] In one district of the vote nobody may vote.
       *[other] In { $count } districts of the vote nobody may vote.
    }
office-warning-no-district =
    { PLURAL($count) ->
        [one] One person of the roll has no district: they cannot vote, or are counted in none.
       *[other] { $count } people of the roll have no district: they cannot vote, or are counted in none.
    }
office-warning-no-birth-date =
    { PLURAL($count) ->
        [one] One person without a birth date cannot vote.
       *[other] { $count } people without a birth date cannot vote.
    }
office-warning-dearer =
    { PLURAL($count) ->
        [one] One project costs more than the budget and is never funded.
       *[other] { $count } projects cost more than the budget and are never funded.
    }
office-warning-free =
    { PLURAL($count) ->
        [one] One project costs nothing.
       *[other] { $count } projects cost nothing.
    }
office-warning-examples = For example: { $list }.
office-progress-title = How “{ $project }” comes along
office-progress-lead = A report is public, has today’s date, and never replaces those before.
office-progress-status = State
office-progress-status-missing = Choose how the project stands
office-progress-planning-text = Studies, consultation, tenders.
office-progress-carried-out-text = Work has begun.
office-progress-finished-text = The project is delivered.
office-progress-given-up-text = It will not be carried out. The text has to say why.
office-progress-percent = Progress
office-progress-percent-hint = From 0 to 100.
office-progress-percent-wrong = Write a number from 0 to 100
office-progress-spent = Spent so far
office-progress-spent-hint = The project was to cost { $cost }.
office-progress-note = News
office-progress-note-hint = What was done, what comes next, when.
office-progress-note-missing = Say why the project is given up
office-progress-note-wrong = The text has { $most } characters at the most, and is needed when a project is given up
office-progress-publish = Publish the report
office-progress-public = See the public page of the project
office-progress-before = Earlier reports
office-progress-when = Date
office-try = Try a rule out
office-try-lead = Compare two rules on the ballots of an earlier vote: who wins, and how many people get something.
office-try-file = Ballots of a vote (.pb)
office-try-file-hint = The .pb file of a published result, 16 MB at the most. It is not kept.
office-try-file-missing = Choose a .pb file
office-try-unreadable = This is not a .pb file that can be read. Take that of a published result.
office-try-too-large = This file is too large to try out: 16 MB, 1,000 projects and 500,000 ballots at the most
office-try-not-with-file = This rule cannot count these ballots. Choose another.
office-try-busy = Another count is under way, or this one takes too long. Try again in a moment, or with another rule.
office-try-first = First rule
office-try-second = Second rule
office-try-do = Compare
office-try-again = Compare something else
office-try-results = The two rules
office-try-same = Both rules fund the same projects.
office-try-satisfied = get at least one of their projects ({ $count } of { $all })
office-try-spent = spent of { $budget }
office-try-caption = The projects: first those on which the rules differ
office-try-shares-add1u = Equal shares, nearly all spent
office-try-shares-add1 = Equal shares, shares increased
office-try-shares-greedy = Equal shares, then most support
office-try-shares-none = Equal shares, the rest not spent
