# Words of the desk in the office: members who vote on a device of the town hall.

office-desk = Guichet
office-desk-lead = Ici, deux agents permettent à une personne présente, sans appareil ou sans sa lettre, de voter sur l’appareil du guichet.
office-desk-new = Accueillir une personne
office-desk-new-lead = Cherchez la personne dans la liste du vote et vérifiez sa pièce d’identité. Un deuxième agent confirme ensuite.
office-desk-device = Page de l’appareil du guichet
office-desk-seen = Ce qui se voit
office-desk-seen-two = Deux agents sont nécessaires : l’un vérifie la pièce d’identité, l’autre confirme et reçoit le code.
office-desk-seen-first = Le guichet ne remplace aucun bulletin. Le code de la lettre reste valable.
office-desk-seen-log = Les deux agents sont inscrits au journal ; ce que la personne vote ne l’est nulle part.
office-desk-seen-public = Le nombre de visites par vote et par jour est public.
office-desk-none = Aucune visite
office-desk-none-text = Quand une personne vient voter au guichet, commencez par « Accueillir une personne ».
office-desk-caption = Visites, les plus récentes d’abord
office-desk-day = Jour
office-desk-opened-by = Accueillie par
office-desk-forgotten = (oublié)
office-desk-confirmed = Confirmée
office-desk-confirm = Confirmer
office-desk-opened = La visite est ouverte. Un deuxième administrateur doit la confirmer dans les 15 minutes : appelez-le.
office-desk-closed = Aucun vote n’est ouvert
office-desk-closed-text = Le guichet sert pendant les votes qui reposent sur une liste électorale.
office-desk-poll-missing = Choisissez le vote.
office-desk-district = Quartier
office-desk-birth-date = Date de naissance
office-desk-document = Pièce d’identité que vous avez vue
office-desk-document-hint = Comparez le nom, la date de naissance et la photo.
office-desk-document-card = Carte nationale d’identité
office-desk-document-passport = Passeport
office-desk-document-residence = Titre de séjour
office-desk-document-licence = Permis de conduire
office-desk-document-other = Autre document officiel avec photo
office-desk-document-missing = Dites quelle pièce d’identité vous avez vue.
office-desk-open = Ouvrir la visite
office-desk-not-eligible = Cette personne ne peut pas voter dans ce scrutin : son quartier, son âge ou son départ de la liste l’en empêche.
office-desk-poll-closed = Ce vote n’est pas ouvert en ce moment.
office-desk-too-many = Vous avez ouvert 60 visites en une heure. Un autre agent peut continuer.
office-desk-task =
    { PLURAL($count) ->
        [one] { $count } personne attend au guichet
        [many] { $count } de personnes attendent au guichet
       *[other] { $count } personnes attendent au guichet
    }
office-desk-task-text = Un collègue a vérifié la pièce d’identité. Venez voir la personne, puis confirmez.
office-desk-confirm-title = Laisser voter le membre { $number } ?
office-desk-for = C’est pour le vote « { $poll } ».
office-desk-by = { $name } a vérifié la pièce d’identité.
office-desk-code-once = Vous recevez un code, une seule fois, pour l’appareil du guichet. Il vaut dix minutes.
office-desk-told = La personne en est informée par courriel, si la liste a son adresse.
office-desk-sure = La personne est devant moi, et c’est elle qui va voter.
office-desk-not-sure = Cochez la case quand la personne est devant vous.
office-desk-confirm-do = Confirmer et montrer le code
office-desk-second = Vous avez ouvert cette visite, ou vous avez rejoint l’équipe après. Quelqu’un d’autre doit la confirmer.
office-desk-not-pending = Cette visite est déjà confirmée, ou a expiré. Ouvrez-en une autre.
office-desk-done = Code pour le membre { $number }
office-desk-done-text = Tapez-le sur l’appareil du guichet, ou présentez l’image à sa caméra, avant { $time }. Il ne peut plus être lu après cette page. Laissez ensuite la personne seule avec l’appareil.
office-desk-done-device = L’appareil du guichet se trouve à l’adresse { $address }, dans une fenêtre privée que vous fermez après chaque personne.
