# The team's office: navigation, home, roles.

office-title = Team office
office-home = Home
office-to-site = Back to the public site
office-home-title = What needs you now
office-home-lead = This page shows what needs your attention now.
office-home-hello = Hello { $name }. This is what needs your attention now.
office-home-nothing = Nothing is waiting for you
office-home-nothing-text = What needs your attention will appear here. The menu leads to everything else.
office-task = To do
office-task-urgent = Soon
office-me = My role
office-me-lead = What your roles let you do here.
office-role-administrator = Administrator
office-role-moderator = Moderator
office-role-budget-officer = Budget officer
office-role-auditor = Auditor
office-role-other = Other
office-duty-administrator = Sets up the organization, the team, the areas, the processes and the electoral rolls.
office-duty-moderator = Examines, hides and answers people’s proposals.
office-duty-budget-officer = Prepares budgets and projects, schedules votes, enters paper ballots.
office-duty-auditor = Reads everything that is not personal data, and changes nothing.
office-save = Save
office-cancel = Cancel
office-what-happens = This is what will happen
office-changed = Somebody else changed this meanwhile
office-changed-text = What you typed is still here. Compare it with how things are now, then save again: what you save replaces the other version.
office-session-over = Your session has ended
office-session-over-text = Nothing that you typed is lost. Sign in again in a new tab, then come back here and send the form once more.
office-session-over-sign-in = Sign in again in a new tab
office-session-over-send = Send the form again
office-file-line = Line
office-file-column = Column
office-file-fault = What to correct
office-file-faults =
    { PLURAL($count) ->
        [one] { $count } thing to correct
       *[other] { $count } things to correct
    }
office-file-missing = Choose a file.
office-file-whole = The whole file
office-file-empty = The file has no line below the names of its columns.
office-file-no-csv = This is no CSV file. In your spreadsheet, choose “Save as”, then “CSV UTF-8”.
office-file-first-rows = The first lines
office-yes = Yes
office-no = No
office-home-partly = A part of the service is away for now: something may be missing here. Load the page again in a moment.
