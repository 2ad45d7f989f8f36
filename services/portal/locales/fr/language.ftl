# What a language is beyond its words. A new language needs this file and the others.

language-name = Français
# The locale of Unicode's CLDR that numbers, plurals and dates follow.
language-formats = fr-FR
# ltr or rtl.
language-direction = ltr
# The locale of social previews.
language-preview = fr_FR
# The first day of a month in a date.
language-first-of-month = 1er
language-midnight = { $date } à minuit
language-money-sign = { $number } { $sign }
language-money-code = { $number } { $code }
language-percent = { $number } %
language-and = { $first } et { $second }
language-days =
    { PLURAL($count) ->
        [one] { $count } jour
        [many] { $count } de jours
       *[other] { $count } jours
    }
language-hours =
    { PLURAL($count) ->
        [one] { $count } heure
       *[other] { $count } heures
    }
language-minutes =
    { PLURAL($count) ->
        [one] { $count } minute
       *[other] { $count } minutes
    }
language-seconds =
    { PLURAL($count) ->
        [one] { $count } seconde
       *[other] { $count } secondes
    }
