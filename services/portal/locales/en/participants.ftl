# Words of registering and of participants’ accounts.

# Registering.
register-title = Create an account
register-lead = With an account you submit proposals under a name of your choice. There is no password: we send a code to your address, good for ten minutes.
register-not-to-vote = You need no account to vote: the letter is enough.
register-email-hint = Such as name@example.org. Nobody is shown it.
register-have-one = I have an account already, or a letter
register-sent = A code is on its way to { $email }.
register-nothing-came-text = Look among unwanted mail, and check the address.
register-go-on = Go on
register-closed = Nobody can register here
register-closed-text = { $organization } opens no accounts here. To vote, sign in with your letter.
register-none-yet = No account yet?
register-none-yet-text = An e-mail address is enough.

# What is needed before somebody writes.
account-welcome = Three more things
account-welcome-text = Your address is confirmed. Before you write here, choose a name and accept the terms.
account-welcome-go-on = Go on
account-welcome-later = Later
account-welcome-not-to-vote = To read and to vote, none of this is needed.
account-name = Display name
account-name-hint = Shown beside what you write: 2 to 60 characters, your name or another one. You can change it.
account-name-missing = Choose the name to show.
account-name-wrong = Choose a name of 2 to 60 characters, with a letter, without addresses and invisible characters.
account-name-none = Not chosen yet
account-terms-read = Read the terms of use (new tab)
account-terms-accept = I accept the terms of use.
account-terms-missing = Tick the box if you accept the terms of use.
account-terms-changed = The terms of use have changed
account-terms-changed-text = { $organization } has changed its terms. Read them before you go on writing here.
account-terms-changed-now = The terms have just changed
account-terms-changed-now-text = Read them once more, then tick the box again.
account-age-declare = I am 15 or older.
account-age-missing = Tick the box if you are 15 or older. Nobody younger can have an account.

# The account.
account-incomplete = Something is still missing before you can write here
account-incomplete-text = Choose a name and accept the terms of use.
account-incomplete-go = Finish registering
account-language = Language
account-language-hint = That of our e-mails.
account-profile = Name and language
account-save = Save
account-saved = It is saved.
account-back = Back to my account
account-none = You are signed in without an account
account-none-text = This page is about participants’ accounts. With a letter, or as a member of the team, you have none.
account-member-register = To write under a name, open an account:

# Sessions.
account-own-sessions = My sessions
account-own-sessions-text = Only the day on which each began is kept, with the kind of device. A session ends by itself after some hours.
account-session-present = { $device }, since { $day } (this session)
account-session-other = { $device }, since { $day }
account-session-end = End: { $session }
account-session-ended = The session has ended.
account-device-computer = Computer
account-device-phone = Phone
account-device-tablet = Tablet
account-device-unknown = Unknown device

# Data.
account-data = All my data
account-data-since = Registered on
account-data-terms = Accepted terms
account-data-terms-version = Version { $version }, on { $day }
account-data-age = 15 or older, declared on
account-data-associations = Associations that you write for
account-data-none = None
account-data-roll-entry = What the electoral roll says
account-data-proposals = What you have written
account-data-no-proposals = Nothing so far.

# Erasing.
account-erase-account-text = You can have your account erased. What you have written stays, without your name.
account-erase-account-data = Your name, address, language and sessions are erased, and the link with the electoral roll.
account-erase-written = What you have written stays readable, without a name. You can no longer change or withdraw it.
account-erase-roll = Erase my entry in the electoral roll too
account-erase-roll-hint = You can no longer vote. Without this, your letter stays good.

# Becoming a verified resident.
account-resident = Verified resident
account-resident-title = Become a verified resident
account-resident-no = Not yet
account-resident-yes = Yes, by the roll
account-resident-case-state = The team is looking at your request
account-resident-lead = Once your account is linked with the electoral roll, you vote with it. This is done once for a roll, and a person has one account. Your ballot stays secret: nothing links it with your account.
account-resident-done = Your account is a verified resident’s
account-resident-votes = See the votes
account-resident-by-roll = With my e-mail address
account-resident-by-roll-text = The electoral roll has the same address as your account.
account-resident-by-roll-do = Link my account with the roll
account-resident-by-letter = With my letter
account-resident-by-letter-do = Verify
account-resident-already = Your account is linked with another person of this roll already.
account-resident-not-in-roll = The roll does not have your address exactly once. Use your letter.
account-resident-case = The team will look at your request
account-resident-case-text = Number and code are right, but another account is linked with this person already. The team of { $organization } has been told and will answer you.
account-resident-case-forgotten = If the other account is yours, sign in with its address: there is nothing else to do.
account-resident-case-stolen = If it is not yours, somebody may have used your letter. Tell the team.
account-resident-case-vote = Meanwhile you can vote by signing in with your letter. Your vote counts once.
account-resident-vote = Your account is not linked with the electoral roll yet
account-resident-vote-text = Take your letter, or use the address that the roll knows.
