# Le texte pour la presse, et ce qui est imprimé du résultat.

press-title = Texte pour la presse
press-page-title = Texte pour la presse – { $budget }
press-about-page = Ce texte peut être copié tel quel. Il est écrit à partir du résultat publié ; les chiffres exacts sont à la fin.
press-download = Télécharger le texte (.txt)
press-headline =
    { PLURAL($count) ->
        [one] { $budget } : { $number } projet est financé
       *[other] { $budget } : { $number } projets sont financés
    }
press-headline-none = { $budget } : aucun projet n’est financé
press-lead = { $organization } a publié le { $date } le résultat du vote sur le budget « { $budget } » ({ $process }).
press-lead-funded =
    { PLURAL($funded) ->
        [one] { $number } projet sur { $all } est financé, pour { $spent } : { $share } de l’enveloppe de { $amount }.
       *[other] { $number } projets sur { $all } sont financés, pour { $spent } en tout : { $share } de l’enveloppe de { $amount }.
    }
press-lead-none =
    { PLURAL($count) ->
        [one] Le seul projet n’est pas financé ; l’enveloppe était de { $amount }.
       *[other] Aucun des { $count } projets n’est financé ; l’enveloppe était de { $amount }.
    }
press-funded = Sont financés, dans l’ordre de la décision :
press-project =
    { PLURAL($count) ->
        [one] { $title } – { $cost }, { $count } voix
       *[other] { $title } – { $cost }, { $count } voix
    }
press-most-funded =
    { PLURAL($count) ->
        [one] Le projet financé le plus choisi est « { $title } » : il a obtenu { $count } voix ({ $share } des bulletins).
       *[other] Le projet financé le plus choisi est « { $title } » : il a obtenu { $count } voix ({ $share } des bulletins).
    }
press-most-not-funded =
    { PLURAL($count) ->
        [one] Parmi les projets qui ne sont pas financés, le plus choisi est « { $title } », avec { $count } voix. { $why }
       *[other] Parmi les projets qui ne sont pas financés, le plus choisi est « { $title } », avec { $count } voix. { $why }
    }
press-paper = Part des bulletins sur papier : { $share }.
press-satisfied = Part des votantes et votants dont au moins un projet est financé : { $share }.
press-check = Tous les bulletins sont publiés sans nom, et chacun peut refaire le calcul : { $address }. Empreinte du scellé (SHA-256) : { $seal }.
press-figures = Les chiffres exacts :
press-figure-projects =
    { PLURAL($count) ->
        [one] Projets soumis au vote : { $count }, dont financés : { $funded }
       *[other] Projets soumis au vote : { $count }, dont financés : { $funded }
    }
press-figure-ballots = Bulletins : { $count }
press-figure-amount = Enveloppe : { $amount }
press-figure-spent = Engagés : { $spent } ({ $share } de l’enveloppe)
press-figure-left = Restants : { $left }
press-contact = Contact : { $email }
press-all = la totalité
press-exact = { $words } ({ $exact })
press-about = environ { $words }
press-fraction =
    { $fraction ->
        [tenth] un dixième
        [fifth] un cinquième
        [quarter] un quart
        [third] un tiers
        [two-fifths] deux cinquièmes
        [half] la moitié
        [three-fifths] trois cinquièmes
        [two-thirds] deux tiers
        [three-quarters] trois quarts
        [four-fifths] quatre cinquièmes
       *[nine-tenths] neuf dixièmes
    }
press-fraction-below =
    { $fraction ->
        [tenth] près d’un dixième
        [fifth] près d’un cinquième
        [quarter] près du quart
        [third] près du tiers
        [two-fifths] près des deux cinquièmes
        [half] près de la moitié
        [three-fifths] près des trois cinquièmes
        [two-thirds] près des deux tiers
        [three-quarters] près des trois quarts
        [four-fifths] près des quatre cinquièmes
       *[nine-tenths] près des neuf dixièmes
    }
press-fraction-above =
    { $fraction ->
        [tenth] un peu plus d’un dixième
        [fifth] un peu plus d’un cinquième
        [quarter] un peu plus du quart
        [third] un peu plus du tiers
        [two-fifths] un peu plus des deux cinquièmes
        [half] un peu plus de la moitié
        [three-fifths] un peu plus des trois cinquièmes
        [two-thirds] un peu plus des deux tiers
        [three-quarters] un peu plus des trois quarts
        [four-fifths] un peu plus des quatre cinquièmes
       *[nine-tenths] un peu plus des neuf dixièmes
    }
press-money =
    { $currency ->
        [GBP] { PLURAL($count) ->
            [one] { $count } livre sterling
           *[other] { $count } livres sterling
        }
       *[EUR] { PLURAL($count) ->
            [one] { $count } euro
           *[other] { $count } euros
        }
    }
press-millions =
    { $currency ->
        [GBP] { PLURAL($count) ->
            [one] { $number } million de livres sterling
           *[other] { $number } millions de livres sterling
        }
       *[EUR] { PLURAL($count) ->
            [one] { $number } million d’euros
           *[other] { $number } millions d’euros
        }
    }
press-number =
    { $name ->
        [n1] un
        [n2] deux
        [n3] trois
        [n4] quatre
        [n5] cinq
        [n6] six
        [n7] sept
        [n8] huit
        [n9] neuf
       *[more] { $number }
    }
result-hand-on = Imprimer et faire connaître
result-download-pdf = Télécharger le résultat (PDF)
result-report-page = Page { $page } sur { $pages }
result-report-project = { $title } (n° { $reference })
result-report-amount = Enveloppe : { $amount } ; restants : { $left }.
