# Words of the desk in the office: members who vote on a device of the town hall.

office-desk = Desk
office-desk-lead = Here two officers let somebody who is there, without a device or without their letter, vote on the device at the desk.
office-desk-new = Receive somebody
office-desk-new-lead = Find the person in the roll of the vote and check their identity document. A second officer confirms it then.
office-desk-device = Page of the device at the desk
office-desk-seen = What is seen
office-desk-seen-two = It takes two officers: one checks the identity document, the other one confirms and is given the code.
office-desk-seen-first = The desk replaces no ballot. The code of the letter stays valid.
office-desk-seen-log = Both officers are in the log; what the person votes is nowhere.
office-desk-seen-public = The number of visits by vote and day is public.
office-desk-none = No visits
office-desk-none-text = When somebody comes to vote at the desk, begin with “Receive somebody”.
office-desk-caption = Visits, newest first
office-desk-day = Day
office-desk-opened-by = Received by
office-desk-forgotten = (forgotten)
office-desk-confirmed = Confirmed
office-desk-confirm = Confirm
office-desk-opened = The visit is open. A second administrator must confirm it within 15 minutes: call them.
office-desk-closed = No vote is open
office-desk-closed-text = The desk is for votes that rest on an electoral roll, while they are open.
office-desk-poll-missing = Choose the vote.
office-desk-district = District
office-desk-birth-date = Birth date
office-desk-document = Identity document that you have seen
office-desk-document-hint = Compare name, birth date and photo.
office-desk-document-card = National identity card
office-desk-document-passport = Passport
office-desk-document-residence = Residence permit
office-desk-document-licence = Driving licence
office-desk-document-other = Another official document with a photo
office-desk-document-missing = Say which identity document you have seen.
office-desk-open = Open the visit
office-desk-not-eligible = This person cannot vote in this poll, because of their district, their age, or because they left the roll.
office-desk-poll-closed = This vote is not open now.
office-desk-too-many = You have opened 60 visits within an hour. Another officer can go on.
office-desk-task =
    { PLURAL($count) ->
        [one] { $count } person waits at the desk
       *[other] { $count } people wait at the desk
    }
office-desk-task-text = A colleague has checked the identity document. Come and see the person, then confirm.
office-desk-confirm-title = Let member { $number } vote?
office-desk-for = It is for the vote “{ $poll }”.
office-desk-by = { $name } has checked the identity document.
office-desk-code-once = You are given a code, this once, for the device at the desk. It is good for ten minutes.
office-desk-told = The person is told by e-mail, where the roll has their address.
office-desk-sure = The person is in front of me, and is the one who will vote.
office-desk-not-sure = Tick the box when the person is in front of you.
office-desk-confirm-do = Confirm and show the code
office-desk-second = You opened this visit, or joined the team after it was opened. Somebody else must confirm it.
office-desk-not-pending = This visit is confirmed already, or has expired. Open another one.
office-desk-done = Code for member { $number }
office-desk-done-text = Type it on the device at the desk, or show the picture to its camera, before { $time }. It cannot be read after this page. Then leave the person alone with the device.
office-desk-done-device = The device at the desk is at { $address }, in a private window that you close after each person.
