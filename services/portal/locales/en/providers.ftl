# Words of signing in to an account at an identity provider.

# The page to sign in.
with-section = With an identity service
with-section-text = For your participant’s account. On your first visit, the account is created.
with-sign-in = Sign in with { $provider }
with-what-is = What is { $provider }?

# The first visit.
with-first-time = First visit with { $provider }
with-first-time-text = { $provider } knows you. We keep neither your name nor your date of birth, only a fingerprint by which we know you again next time.
with-new = I have no account yet
with-new-text = Your account opens without an e-mail address. You will sign in with { $provider }.
with-new-do = Create my account
with-own = I have an account already, or want to give an address
with-own-only = I have an account already
with-own-text = Enter the e-mail address of the account: we send a code to it. You can then sign in both ways, by e-mail and with { $provider }.
with-code-links = With this code, { $provider } is linked to the account of this address.
with-code-do = Link and go on
with-over = This step is over
with-over-text = The account has been opened already, or more than thirty minutes have passed. Sign in once more: it is safe to.

# What can end badly.
with-again = Try again with { $provider }
with-other-ways = Sign in another way
with-back-to-links = Back to my identity services
with-away = { $provider } does not answer
with-away-text = The fault is at { $provider }, and your account is as it was. Try again in a few minutes, or sign in another way.
with-answer-invalid = The answer of { $provider } could not be checked
with-answer-invalid-text = This happens when more than fifteen minutes have passed, when a page is loaded again or when two tabs cross. Begin again: it is safe to.
with-denied = You did not sign in at { $provider }
with-denied-text = You broke off, or { $provider } refused. You can begin again.
with-level-too-low = This way of proving who you are is not safe enough
with-level-too-low-text = { $provider } knows you, but at too low a level of security. Begin again and choose a way with a higher level.
with-not-offered = { $provider } is not offered here
with-not-offered-text = { $organization } does not let people sign in this way, or not any more. If your account has an e-mail address, sign in by e-mail.
with-too-young = An account is for people of 15 and older
with-too-young-text = The identity service says that you are not 15 yet. Nothing was stored. You can read everything on this site without an account.
with-birth-date-missing = { $provider } does not say when you were born
with-birth-date-missing-text = An account is for people of 15 and older. Begin again, and agree that { $provider } passes your date of birth on: it is checked and forgotten.
with-has-account = This identity is linked to another account
with-has-account-text = A person has one account. To sign in to it, sign in with { $provider }. To link it to another account, sign in to that one first and remove { $provider } there.
with-linked-already = This account is linked to another identity at { $provider }
with-linked-already-text = If your civil status has changed, sign in by e-mail, remove { $provider } from your account, then link it again.
with-session-over = Your session has ended meanwhile
with-session-over-text = { $provider } was not linked. Sign in, then begin again.
with-not-begun = No sign-in is in progress in this browser
with-not-begun-text = This page has done nothing. There are three possible reasons:
with-not-begun-done = you have done this step already, and then loaded the page again or went back;
with-not-begun-late = more than fifteen minutes have passed since the beginning;
with-not-begun-browser = you began in another browser, or your browser refuses cookies.

# Signing out of the identity service too.
with-still-signed-in = You may still be signed in to { $provider } in this browser. On a shared device, sign out there too.
with-sign-out = Sign out of { $provider }

# In the account.
account-welcome-vouched = Two more things
account-welcome-vouched-text = Your account is open. Before you write here, choose a name and accept the terms.
account-email-none = None
account-providers = Identity services
account-providers-no = None
account-providers-text = With an identity service you sign in without a code by e-mail. All that we keep of it is a fingerprint, which does not say who you are and which nothing links to your signatures.
account-providers-none = No service is linked to your account.
account-provider-since = Linked on { $day }.
account-provider-not-now = { $organization } does not let people sign in this way at present.
account-provider-link = Link { $provider }
account-provider-unlink = Remove { $provider }
account-provider-last = { $provider } is your only way to sign in: it cannot be removed.
account-provider-last-said = Nothing has changed: without this service, you could not sign in to your account any more.
account-provider-done = It is linked. You can sign in this way from now on.
account-provider-undone = It is removed. The fingerprint is erased.
account-data-provider = { $provider }, linked on { $day }
