# Words of the device at the desk of the town hall.

desk-title = Voter au guichet
desk-lead = Tapez le code que l’agent vous remet, ou scannez son image avec cet appareil. Votre bulletin s’ouvre ensuite, et personne d’autre que vous ne le voit.
desk-code = Code du guichet
desk-code-hint = Seize lettres et chiffres. Les majuscules, espaces et tirets n’ont pas d’importance.
desk-code-missing = Tapez le code du guichet.
desk-code-mistyped = Ce n’est pas un code du guichet : une lettre ou un chiffre est faux ou manque.
desk-code-wrong = Ce code n’est pas valable : il a déjà servi, ou plus de dix minutes ont passé. Demandez-en un autre à l’agent.
desk-poll-closed = Ce vote n’est pas ouvert en ce moment.
desk-not-eligible = Vous ne pouvez pas voter dans ce scrutin. Parlez-en à l’agent.
desk-no-sheet = Les pétitions ne se signent pas au guichet.
desk-begin = Ouvrir mon bulletin
desk-secret = Le code ne sert qu’une fois. Rien de ce que vous choisissez n’est lié à votre nom.
desk-here = Vous votez au guichet
desk-here-time = Vous avez un quart d’heure. Ensuite, cet appareil oublie votre bulletin et revient à l’accueil.
desk-final-here = Ce bulletin ne peut pas être modifié au guichet. Avec le code de votre lettre, vous pouvez encore en déposer un autre tant que le vote est ouvert.
desk-hand-back = Rendez l’appareil
desk-hand-back-text = Imprimez ou notez le code de suivi, puis touchez « Terminer » et rendez l’appareil à l’agent. Cette page disparaît d’elle-même après deux minutes.
desk-finish = Terminer
desk-already-recast = Un bulletin est déjà dans l’urne pour vous, et le guichet n’en remplace aucun. Pour le modifier, votez avec le code de votre lettre.
desk-over = Le temps est écoulé
desk-over-text = Aucun bulletin n’a été déposé. Demandez un nouveau code à l’agent.

result-helped = Aide au vote
result-helped-text = Qui aide à voter pourrait voter pour un autre. C’est pourquoi deux agents sont nécessaires, et le nombre est public.
result-helped-desk =
    { PLURAL($count) ->
        [one] { $count } personne a été admise à voter au guichet.
        [many] { $count } de personnes ont été admises à voter au guichet.
       *[other] { $count } personnes ont été admises à voter au guichet.
    }
result-helped-codes =
    { PLURAL($count) ->
        [one] { $count } code d’accès a été remplacé pendant le vote.
        [many] { $count } de codes d’accès ont été remplacés pendant le vote.
       *[other] { $count } codes d’accès ont été remplacés pendant le vote.
    }
