# What a language is beyond its words. A new language needs this file and the others.

language-name = English
# The locale of Unicode's CLDR that numbers, plurals and dates follow.
language-formats = en-GB
# ltr or rtl.
language-direction = ltr
# The locale of social previews.
language-preview = en_GB
# The first day of a month in a date.
language-first-of-month = 1
language-midnight = midnight on { $date }
language-money-sign = { $sign }{ $number }
language-money-code = { $code } { $number }
language-percent = { $number }%
language-and = { $first } and { $second }
language-days =
    { PLURAL($count) ->
        [one] { $count } day
       *[other] { $count } days
    }
language-hours =
    { PLURAL($count) ->
        [one] { $count } hour
       *[other] { $count } hours
    }
language-minutes =
    { PLURAL($count) ->
        [one] { $count } minute
       *[other] { $count } minutes
    }
language-seconds =
    { PLURAL($count) ->
        [one] { $count } second
       *[other] { $count } seconds
    }
