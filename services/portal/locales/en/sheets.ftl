# Words of signature sheets: what one signs, the ways to sign, the count, the proof.

# The sheet.
sheet-kind = Petition
sheet-open-until = You can sign it until { $time }.
sheet-signatures = Signatures
sheet-next = Next milestone
sheet-see-count = Follow the signatures by day and by hour
sheet-sign = Sign
sheet-once = A person signs once.
sheet-once-an-account = An account signs once.
sheet-once-a-browser = A browser signs once.
sheet-minimum-age = You must be at least { $age } years old.
sheet-level = Your identity must be verified at the level “{ $level }”.
sheet-final = A signature is final.
sheet-providers-text = So that everybody signs once, an identity service verifies who you are. It does not know which petition you sign. No account is made here.
sheet-sign-with = Sign with { $provider }
sheet-session-text = Sign in with your letter or your e-mail address, then sign. Your signature is sent without your session.
sheet-sign-session = Continue to sign
sheet-anyone-text = Nobody verifies who you are: this open consultation measures interest, and its number of signatures is no proof.
sheet-no-way = Signing is not possible at the moment
sheet-no-way-text = The service that verifies identities does not answer. The petition stays open; try again in some minutes.
sheet-kept = What is stored of you
sheet-kept-minute = The minute in which your signature is accepted. It is public, without your name or anything that points to you.
sheet-kept-minute-district = The minute in which your signature is accepted, and your district if it is known. They are public, without your name or anything that points to you.
sheet-kept-mark = A mark for this petition alone, so that nobody signs twice. Nothing links it to your other signatures.
sheet-kept-anonymous = From { $provider } we learn neither your name nor your age nor your address.
sheet-kept-birth-date = { $provider } gives us your date of birth. It is checked, then forgotten; it is written down nowhere.
sheet-kept-session = Neither your account nor your letter is linked to a signature: nobody can see that you signed, not even we.
sheet-kept-browser = A random secret, in this browser alone, until you close it.
sheet-kept-until = For how long, and your rights:
sheet-check-yourself = Check for yourself
sheet-check-yourself-text = Every signature is in a public log that nobody can change afterwards. Your receipt shows that yours is there.
sheet-to-proof = Find my signature with my receipt

# The check.
sheet-check = Check, then sign
sheet-check-what = You sign
sheet-check-who = You sign as
sheet-check-district = Your signature will count for
sheet-check-text = Nothing is signed yet. Your signature is sent without your name, your address or your session.
sheet-vouched-provider = A person whom { $provider } recognises
sheet-vouched-session = A person who may sign
sheet-vouched-nobody = A person whom nobody has verified
sheet-leave = Do not sign
sheet-sign-out = Are you on a shared device?
sheet-sign-out-text = Sign out of the identity service as well, so that the next person does not sign in your place. The page opens in a new tab; then come back here to sign.
sheet-sign-out-do = Sign out (new tab)
sheet-signed-out = You are signed out of the identity service
sheet-signed-out-text = You can close this tab. If you have not signed yet, go back to the tab with the petition.

# Why somebody cannot sign.
sheet-back = Back to the petition
sheet-all = See what you can sign
sheet-too-early = This petition is not open yet
sheet-too-early-text = You can sign it from { $time } on.
sheet-too-late = This petition is closed
sheet-too-late-text = It could be signed until { $time }. Signatures that were given in time count; their receipts show it.
sheet-closed-early = It was closed before its time:
sheet-called-off = This petition was called off
sheet-called-off-text = Its signatures do not count. The reason given:
sheet-not-ready = This petition is being prepared
sheet-other-way = This petition is not signed in this way
sheet-other-way-text = Nothing was signed. Go back to the petition: it says how to sign it.
sheet-network = Many signatures come from your network
sheet-network-text = Nothing was signed. Where nobody verifies who signs, a network can give a certain number of signatures an hour. Try again later, or from another connection.
sheet-provider-away = { $provider } does not answer
sheet-provider-away-text = Nothing was signed. The failure is at { $provider }, and without it we cannot verify who you are. The petition waits for you: try again in some minutes.
sheet-answer-invalid = The answer of { $provider } could not be verified
sheet-answer-invalid-text = Nothing was signed. This happens when more than fifteen minutes have passed, when a page is reloaded, or when two tabs cross. Begin again: there is no risk, your signature counts once.
sheet-denied = You did not sign in at { $provider }
sheet-denied-text = Nothing was signed. You stopped the sign-in, or { $provider } refused it. You can begin again.
sheet-level-too-low = This account is not secure enough for this petition
sheet-level-too-low-text = Nothing was signed. { $provider } recognises you, but at too low a level of security. Begin again and choose an account of a higher level.
sheet-again-with = Begin again with { $provider }
sheet-not-begun = No signature is under way in this browser
sheet-not-begun-text = This page has signed nothing. There are three possible reasons:
sheet-not-begun-done = you were past this step already, and reloaded the page or went back;
sheet-not-begun-late = more than fifteen minutes have passed since the beginning;
sheet-not-begun-browser = you began in another browser, or your browser refuses cookies.
sheet-not-eligible = You cannot sign this petition
sheet-too-young = You must have been at least { $age } years old on the day of its opening.
sheet-age-unknown = You must be at least { $age } years old, and the identity service does not give your date of birth.
sheet-not-eligible-text = Nothing was signed, and nothing is kept of this attempt. If you think that this is a mistake, write to { $organization }.
sheet-not-now = We could not go on
sheet-not-now-text = Nothing was signed. Many people are signing at the moment, or a part of the site is unavailable. Go back to the petition and begin again: your signature counts once.
sheet-already = You have already signed this petition
sheet-already-text = Your signature counts, once. Nothing was added, and the receipt that you got the first time stays valid.
sheet-already-not-me = If that was not you, write to { $organization }.
sheet-on-paper = You have signed on paper
sheet-on-paper-text = Your signature on paper counts, once. Nothing was added.
sheet-permit-gone = This page is too old
sheet-permit-gone-text = Nothing was signed. For your security, a signature is given soon after the sign-in. Begin again from the petition.
sheet-no-answer = Your signature got no answer
sheet-no-answer-text = Many people are signing at the moment, or the connection was lost. Send it again: it counts once, however often it is sent.

# The receipt.
sheet-done = Your signature counts
sheet-keep-text = Print this page, note the code or scan the image. Without it nobody can find your signature, not even we.
sheet-means-counted = Your signature is stored. It counts once.
sheet-means-log = Within two seconds it is in the public log, in a place that does not change any more.
sheet-means-secret = The code does not say who you are. Whoever has it can see that a signature counts, and the minute in which it was accepted.
sheet-prove-mine = See my signature in the log
sheet-shared-device = On a shared device, close this page.

# The count.
sheet-count-title = Signatures: { $title }
sheet-milestones = The milestones
sheet-reached = Reached
sheet-not-reached = Not reached yet
sheet-reached-by = By signature no. { $number }, on { $time }.
sheet-total =
    { PLURAL($count) ->
        [one] { $count } signature
       *[other] { $count } signatures
    }
sheet-spread =
    { PLURAL($districts) ->
        [one] at least { $each } in { $districts } district
       *[other] at least { $each } in each of { $districts } districts
    }
sheet-total-and-spread = { $total }, among them { $spread }
sheet-before = { $condition }, before { $time }
sheet-curve = Over time
sheet-curve-none = Nobody has signed yet. The curve begins with the first signature.
sheet-by-day = Signatures by day
sheet-by-hour = Signatures by hour, in the last two days
sheet-day-column = Day
sheet-hour-column = Hour
sheet-hour = { $date }, { $time }
sheet-curve-about =
    { PLURAL($count) ->
        [one] At the highest, { $count } signature: { $when }.
       *[other] At the highest, { $count } signatures: { $when }.
    }
sheet-by-district = By district
sheet-recount = Count again
sheet-recount-text = The log is public. Anybody can count it again without believing us, from our files and with a tool of their choice.
sheet-recount-command = With the program of Comitia, on your own computer:
sheet-file-hours = The signatures by hour (CSV)
sheet-file-checkpoint = The signed head of the log (text)
sheet-file-log = The description of the log, its keys and its milestones (JSON)

# The proof.
sheet-proof-title = Your signature in the log
sheet-proof-lead = The tracking code of your receipt leads to the place of your signature in the public log, and to the proof that it counts. The code is sent without a cookie and is in no address.
sheet-prove = Search
sheet-proved = This signature counts
sheet-proved-text = It is no. { $number } of the { $size } signatures in the log. Each step of the proof was checked just now.
sheet-proof-place = Place
sheet-proof-place-of = { $number } of { $size }
sheet-proof-time = Accepted on
sheet-proof-channel = Given
sheet-online = online
sheet-on-paper-channel = on paper
sheet-why = Why that is sure
sheet-why-identifier = Your code gives an identifier, and the entry of the log has exactly that one. Nobody gets the code out of the identifier.
sheet-why-hashes =
    { PLURAL($count) ->
        [one] { $count } hash leads from this entry to the top of the log. If one signature were changed, removed or put in between, the top would be another.
       *[other] { $count } hashes lead from this entry to the top of the log. If one signature were changed, removed or put in between, the top would be another.
    }
sheet-why-signed = That top is signed by the key of the log { $origin }. Everybody sees the same one, and anybody can keep a copy.
sheet-proof-numbers = See the proof
sheet-proof-identifier = The identifier of the entry:
sheet-proof-hashes = The hashes, from the entry to the top:
sheet-proof-checkpoint = The signed head:
sheet-own-computer = Without believing us
sheet-own-computer-text = This page is made by our server. The program of Comitia makes the same check on your own computer, and counts all signatures again:
sheet-proof-soon = This signature is accepted
sheet-proof-soon-text = It will be in the log within two seconds. Search again in a moment.
sheet-proof-unknown = No signature has this code
sheet-proof-unknown-text = Check that this is the right petition. If it is, keep your receipt and write to the organizers: this should not happen.
sheet-proof-broken = The proof does not hold
sheet-proof-broken-text = This must not happen, and the error was recorded. Keep your receipt and this page, and write to { $organization }.

# Paused, withdrawn.
sheet-paused = Signing is paused
sheet-paused-text = Nobody can sign at the moment. The signatures that were given count, and the petition will go on.
sheet-no-longer = Reached, then lost
sheet-withdrawable = You can take your signature back while the petition is open. Who has taken it back does not sign again.
sheet-signed-before = Have you signed already?
sheet-signed-before-text = You can take your signature back. The receipt is not needed.
sheet-withdraw = Take my signature back
sheet-withdraw-not = Change nothing
sheet-withdraw-title = Take your signature back?
sheet-withdraw-text = It will not count any more. In the public log it stays in its place, and its withdrawal is added, without your name. You will not be able to sign this petition again.
sheet-withdrawn = Your signature is taken back
sheet-withdrawn-text = It does not count any more. Its withdrawal will be in the public log within two seconds.
sheet-withdrawn-before = You have taken your signature back
sheet-withdrawn-before-text = It does not count any more, and nobody signs again after that.
sheet-not-signed = You have not signed this petition
sheet-not-signed-text = There is nothing to take back.
sheet-final-text = This petition does not allow taking a signature back.
sheet-permit-gone-withdraw = Nothing was taken back. Begin again from the petition.
sheet-withdraw-no-answer = The withdrawal got no answer
sheet-withdraw-no-answer-text = Send it again: it counts once.
sheet-withdrawn-count =
    { PLURAL($count) ->
        [one] { $count } signature was taken back by the person who gave it. It is not in the total.
       *[other] { $count } signatures were taken back by the people who gave them. They are not in the total.
    }
sheet-proved-withdrawn = This signature was taken back
sheet-proved-withdrawn-text = It is no. { $number } of the log. The person who gave it has taken it back: it does not count any more.
sheet-history = What has changed
sheet-act-paused = On { $time }, signing was paused:
sheet-act-resumed = On { $time }, it went on:
sheet-act-extended = On { $time }, the petition was extended until { $until }:
sheet-act-closed = On { $time }, it was closed before its time:
