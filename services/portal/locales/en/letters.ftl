# Letters: what the team sees, and what is printed.

office-letters = Letters
office-letters-lead = This page makes the letters with the codes, ready for the printer: a PDF for each batch, in the order of your file.
office-letters-not-kept = Comitia knows neither names nor postal addresses. Your file is used to print, waits under seal for half an hour, and then is gone. Nothing of it is kept.
office-letters-file = File of addresses (CSV)
office-letters-file-hint = A line for each letter, in the order of the mailing; 50,000 lines at most.
office-letters-file-wrong =
    { PLURAL($count) ->
        [one] The letters cannot be made: { $count } thing has to be corrected. Nothing was done.
       *[other] The letters cannot be made: { $count } things have to be corrected. Nothing was done.
    }
office-letters-file-gone = The file is no longer there: half an hour has passed, or it was lost. Choose the same file: for a day, the same batch gives the same letters.
office-letters-sender = Sender
office-letters-sender-hint = Your name and your return address, six lines at most.
office-letters-window = Window of the envelope
office-letters-window-hint = Chosen by your country. Ask the printer whether they have other envelopes.
office-letters-right = On the right (French standard NF Z 10-011)
office-letters-left = On the left (German standard DIN 5008, form B)
office-letters-language = Language of the letters
office-letters-language-hint = A column “Language” of the file, with “fr” or “en”, counts for its line.
office-letters-note = Your own words
office-letters-note-hint = Printed in each letter, before the number and the code: the dates of the vote, for instance.
office-letters-columns = The first line names the columns. One column is the number; title, first name and last name make the first line of the address, postcode and town the last; every other column is a line. Without an address, the letter has the number alone.
office-letters-example =
    Number;Title;First name;Last name;Building;Street;Postcode;Town
    0001;Ms;Amelia;Reed;Flat C;3 Island Street;69001;LYON
office-letters-no-number = No column is the member’s number. Call it “Number”.
office-letters-too-many = The file has more than { $count } lines. Split it.
office-letters-empty = Something is missing here.
office-letters-unknown = The character “{ $letter }” cannot be printed. Write it in Latin, Greek or Cyrillic letters.
office-letters-unprintable = A character cannot be printed. Type this text again.
office-letters-wide = This is too long for its place. Shorten it, or split it into two columns.
office-letters-long = The text does not fit on the page. Shorten it.
office-letters-lines = There is room for { $count } lines.
office-letters-preview = Check the letters
office-letters-preview-lead = This is how the file was read. Look at a letter, then make the batches one after the other.
office-letters-new = letters with a new code
office-letters-without = lines without a new code
office-letters-without-show =
    { PLURAL($count) ->
        [one] { $count } line gets no new code
       *[other] { $count } lines get no new code
    }
office-letters-without-text = The person is not in the roll, has a code already, or waits for a second approval. Two people replace a lost code, from the search of members.
office-letters-without-line = Line { $line }:
office-letters-address = Address
office-letters-look = Look at a letter
office-letters-specimen = Download a specimen (PDF)
office-letters-batches = Batches for the printer
office-letters-makes = Each button makes the codes of its batch, 500 at most, and downloads its letters. The roll’s history will say that you did.
office-letters-again = If the download fails, the same file and the same batch give the same letters for a day. After that, a code can no longer be read.
office-letters-batch = Batch { $number }: lines { $first } to { $last } (PDF)
office-letters-batch-empty = Nobody in this batch gets a new code. Nothing was done.
office-letters-document = Letters: { $roll }

letters-greeting = Dear Sir or Madam,
letters-before = This is what you need to take part and vote online: { $organization }. Scan the QR code with your phone, or go to { $address } and enter your number and your code.
letters-heading = Your code for voting
letters-number = Your number
letters-code = Your code
letters-picture = QR code: it opens the page for signing in and fills in your number and your code.
letters-secret = Keep this code to yourself: whoever has it can vote in your place. Nobody will ask you for it, neither on the phone nor by e-mail. Hyphens and case do not matter.
letters-contact = A question? Write to { $contact }.
