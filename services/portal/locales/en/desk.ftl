# Words of the device at the desk of the town hall.

desk-title = Vote at the desk
desk-lead = Type the code that the officer gives you, or scan its picture with this device. Your ballot opens then, and nobody but you sees it.
desk-code = Code of the desk
desk-code-hint = Sixteen letters and digits. Case, spaces and hyphens do not matter.
desk-code-missing = Type the code of the desk.
desk-code-mistyped = This is not a code of the desk: a letter or a digit is wrong or missing.
desk-code-wrong = This code is not valid: it was used, or more than ten minutes have passed. Ask the officer for another one.
desk-poll-closed = This vote is not open now.
desk-not-eligible = You cannot vote in this poll. Talk to the officer.
desk-no-sheet = Petitions are not signed at the desk.
desk-begin = Open my ballot
desk-secret = The code works once. Nothing that you choose is linked to your name.
desk-here = You vote at the desk
desk-here-time = You have a quarter of an hour. Then this device forgets your ballot and returns to its first page.
desk-final-here = This ballot cannot be changed at the desk. With the code of your letter you can still cast another one while the vote is open.
desk-hand-back = Hand the device back
desk-hand-back-text = Print or write down the tracking code, then press “Finish” and hand the device back to the officer. This page goes away by itself after two minutes.
desk-finish = Finish
desk-already-recast = There is a ballot of yours already, and the desk replaces none. To change it, vote with the code of your letter.
desk-over = The time is over
desk-over-text = No ballot was cast. Ask the officer for a new code.

result-helped = Help with voting
result-helped-text = Whoever helps somebody to vote could vote for somebody else. This is why it takes two officers, and why the number is public.
result-helped-desk =
    { PLURAL($count) ->
        [one] { $count } person was let vote at the desk.
       *[other] { $count } people were let vote at the desk.
    }
result-helped-codes =
    { PLURAL($count) ->
        [one] { $count } access code was replaced during the vote.
       *[other] { $count } access codes were replaced during the vote.
    }
