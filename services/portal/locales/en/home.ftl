# The first page, and the search.

home-crumb = Home
home-title = Take part in { $organization }
home-heading = Take part in { $organization }
home-about = Read what is planned, propose projects, vote, and follow what becomes of them.
home-votes =
    { PLURAL($count) ->
        [one] A vote is open
       *[other] { $count } votes are open
    }
home-votes-until =
    { PLURAL($count) ->
        [one] It ends at { $end }.
       *[other] The first one ends at { $end }.
    }
home-vote = Vote now
home-sheets = Petitions to sign
home-now = Under way
home-now-empty = Nothing is under way at the moment
home-now-empty-text = What is coming and what was decided is shown here as soon as there is something.
home-coming = Coming soon
home-results = What was decided
home-all = All processes
home-search-title = Search
home-search-words = What are you looking for?
home-search-hint = Processes, proposals and projects that have all of these words.
home-search-go = Search
home-search-found =
    { PLURAL($count) ->
        [one] { $count } result
       *[other] { $count } results
    }
home-search-nothing = Nothing was found for “{ $words }”
home-search-nothing-text = Try fewer or other words. Whole words are found in proposals, parts of words in projects.
