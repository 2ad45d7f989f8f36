# Budgets and projects.

budgets-amount = Envelope: { $amount }
budgets-envelope = to spend
budgets-area = area
budgets-everywhere = Everywhere
budgets-about =
    { PLURAL($count) ->
        [one] { $process }: the budget and its project
       *[other] { $process }: the budget and its { $count } projects
    }
budgets-state-draft = In preparation
budgets-state-scheduled = Vote is scheduled
budgets-state-open = Vote is open
budgets-state-counting = Being counted
budgets-state-decided = Decided
budgets-state-annulled = Annulled
budgets-see-result = See the result
budgets-annulled = This vote was annulled; there is no result.
budgets-open = The vote is open
budgets-open-until = It ends at { $end }.
budgets-scheduled = The vote opens on { $start } and ends at { $end }.
budgets-counting = The vote is over. The ballots are being counted; the result will be here.
budgets-draft = The vote is being prepared: projects and rules can still change.
budgets-how = How you vote and how it is decided
budgets-how-ballot = How you vote
budgets-how-decided = How it is decided
budgets-projects-label =
    { PLURAL($count) ->
        [one] project
       *[other] projects
    }
budgets-projects = Projects
budgets-projects-none = There is no project yet
budgets-projects-none-text = The team turns accepted proposals into projects.
budgets-none-found = No project is like that
budgets-show-all = Show all projects
budgets-found =
    { PLURAL($count) ->
        [one] { $count } project
       *[other] { $count } projects
    }
budgets-any = All
budgets-filter-words = Words
budgets-filter-category = Category
budgets-sort = Order
budgets-sort-number = By number
budgets-sort-title = By title
budgets-sort-cheapest = Cheapest first
budgets-sort-dearest = Dearest first
budgets-ballot-approval = You choose the projects that you support.
budgets-ballot-knapsack = You choose projects that cost { $most } in all at the most.
budgets-ballot-points =
    { PLURAL($count) ->
        [one] You have { $count } point to give.
       *[other] You share { $count } points among projects.
    }
budgets-ballot-ranking = You put projects in the order that you prefer.
budgets-ballot-one = You choose one project.
budgets-ballot-score = You give each project up to { $most } points.
budgets-ballot-most =
    { PLURAL($count) ->
        [one] You can choose { $count } project.
       *[other] You can choose { $count } projects at the most.
    }
budgets-ballot-least = You choose at least { $count } projects.
budgets-ballot-between = You choose { $least } to { $most } projects.
budgets-ballot-cost = Together they cost { $most } at the most.
budgets-ballot-recast = You can change your ballot until the end of the vote; the last one counts.
projects-number = No. { $number }
projects-cost = Cost
projects-place = Place
projects-map = Map with the place of the project
projects-categories = Categories
projects-reference = Number
projects-budget = Budget
projects-exclusion = Alternatives
projects-exclusion-text = Of the projects in the group “{ $group }” one can be funded at the most.
projects-proposal = Origin
projects-proposal-link = A proposal of a participant
projects-funded = Funded
projects-not-funded = Not funded
projects-planning = Being planned
projects-carried-out = Being carried out
projects-finished = Finished
projects-given-up = Given up
projects-decided = What was decided
projects-votes =
    { PLURAL($count) ->
        [one] { $count } person voted for it.
       *[other] { $count } people voted for it.
    }
projects-see-result = See the whole result
projects-follow-up = How it comes along
projects-progress = Done
projects-no-report = There is no report yet.
projects-report = Report
projects-report-figures = { $done } done, { $spent } spent.
budgets-leftover = What is not spent goes to another budget of the same process.
