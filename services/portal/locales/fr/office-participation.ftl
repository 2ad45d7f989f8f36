# La participation par quartier et par âge, et ce qui s’est passé avec une liste.

office-participation = Participation
office-participation-see = Voir la participation par quartier et par âge
office-participation-lead = Qui pouvait voter et qui s’est connecté, par âge et par quartier. Ces chiffres peuvent être publiés tels quels.
office-participation-open = Les connexions seront données à la clôture du vote. Avant, la différence entre deux lectures parlerait de personnes seules.
office-participation-groups = Pour que personne ne puisse être reconnu, aucun groupe ne compte moins de { $count } personnes connectées ou non connectées : les petits groupes sont réunis.
office-participation-not-votes = Se connecter n’est pas voter : le bulletin ne dit rien de l’âge, et personne ne sait qui a voté. Sont comptés les membres de la liste, par lettre ou par courriel.
office-participation-electors =
    { PLURAL($count) ->
        [one] personne peut voter
       *[other] personnes peuvent voter
    }
office-participation-sign-ins =
    { PLURAL($count) ->
        [one] personne s’est connectée
       *[other] personnes se sont connectées
    }
office-participation-ages = Par âge
office-participation-areas = Par quartier
office-participation-age = Âge
office-participation-age-under = moins de { $to } ans
office-participation-age-between = de { $from } à { $to } ans
office-participation-age-over = { $from } ans et plus
office-participation-age-any = tous les âges
office-participation-age-unknown = âge inconnu
office-participation-age-with-unknown = { $ages }, et âge inconnu
office-participation-chart-sign-ins = Personnes connectées
office-participation-chart-electors = Personnes qui peuvent voter
office-participation-chart-about = Une barre par groupe.
office-participation-count = Personnes
office-participation-may = Peuvent voter
office-participation-did = Se sont connectées
office-participation-share = Part
office-participation-table = Les chiffres en tableau
office-participation-csv = Télécharger les chiffres (.csv)
office-participation-by = Par
office-participation-group = Groupe
office-figures = Lettres et connexions
office-figures-lead = Combien de codes ont été faits, combien de fois les membres se sont connectés, et combien de lettres sont revenues. Ce sont des sommes par jour (temps universel) : rien n’est gardé sur une personne.
office-figures-codes =
    { PLURAL($count) ->
        [one] codes faits, en { $count } lot
       *[other] codes faits, en { $count } lots
    }
office-figures-codes-column = Codes faits
office-figures-by-code = Connexions par lettre
office-figures-by-email = Connexions par courriel
office-figures-returned = Lettres revenues
office-figures-returned-caption = Lettres revenues par quartier
office-figures-day = Jour
office-figures-days = Jour par jour
office-returned = Noter des lettres revenues
office-returned-lead = Notez les lettres que la poste a rendues. De chaque numéro, seul le quartier est gardé : une lettre notée deux fois compte deux fois.
office-returned-numbers = Numéros des lettres
office-returned-numbers-hint = Un par ligne, 1 000 au plus.
office-returned-numbers-many = Donnez 1 000 numéros au plus, puis recommencez avec les autres.
office-returned-numbers-wrong = Chaque numéro a de 1 à 64 caractères.
office-returned-nothing = Donnez des numéros, ou un nombre de lettres.
office-returned-count = Nombre de lettres sans numéro
office-returned-count-hint = En plus des numéros ci-dessus ; choisissez leur quartier.
office-returned-count-wrong = Donnez un nombre entier, d’un million au plus.
office-returned-district-wrong = Ce quartier n’existe plus : choisissez-en un autre.
office-returned-unknown =
    { PLURAL($count) ->
        [one] Ce numéro n’est pas dans la liste. Les autres lettres sont notées.
       *[other] Ces { $count } numéros ne sont pas dans la liste. Les autres lettres sont notées.
    }
office-returned-done = Les lettres sont notées.
office-log-record-returned-letters = Note de lettres revenues
office-log-field-letters = Lettres revenues
