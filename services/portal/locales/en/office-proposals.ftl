# Proposals in the office: the queue, the answer, moderation.

office-proposals = Proposals
office-proposals-lead = The queue of proposals: answer them, hide what breaks the rules, export them.
office-proposals-new = Not answered
office-proposals-none = No proposal yet
office-proposals-none-text = They appear here as soon as the submission phase is open.
office-proposals-caption = Proposals, newest first
office-proposal = Proposal
office-proposals-since = Submitted on
office-proposals-cost = Estimated cost
office-proposals-hidden = Hidden
office-proposals-export = Export as CSV
office-proposals-task =
    { PLURAL($count) ->
        [one] One proposal waits for an answer
       *[other] { $count } proposals wait for an answer
    }
office-proposals-task-many = More than { $count } proposals wait for an answer
office-proposal-lead = Read the proposal, answer it, or hide it if it breaks the rules.
office-proposal-public = See the public page
office-proposal-is-hidden = This proposal is hidden, for this public reason:
office-answer = Answer
office-answer-decision = Where does the proposal stand?
office-answer-examined-text = The team is looking into it. The final answer will follow.
office-answer-accepted-text = It can become a project of a budget.
office-answer-rejected-text = It goes no further. Say why.
office-answer-text = Answer
office-answer-text-hint = Public, under the organization’s name. A new answer replaces the one before.
office-answer-cost = Estimated cost of the project
office-answer-cost-hint = For example 12,500. Empty: the proposal costs nothing.
office-answer-publish = Publish the answer
office-answer-missing = Choose where the proposal stands
office-answer-text-missing = Write an answer, 20,000 characters at the most
office-answer-state = The proposal was withdrawn, or has become a project: its answer can no longer change like this
office-answer-is-project = This proposal has already become a project.
office-answer-done = The answer is published.
office-moderate-hide = Hide
office-moderate-hide-text = The public can no longer read a hidden proposal. Its page says that it is hidden, and why.
office-moderate-hide-do = Hide the proposal
office-moderate-show = Show again
office-moderate-show-text = Everybody will be able to read the proposal again.
office-moderate-show-do = Show the proposal
office-moderate-reason = Reason
office-moderate-reason-hint = Public. Name the rule, not the person.
office-moderate-reason-missing = Give a reason, 1,000 characters at the most
office-moderate-done-hidden = The proposal is hidden.
office-moderate-done-shown = The proposal can be seen again.
office-csv-id = Id
office-csv-latitude = Latitude
office-csv-longitude = Longitude
