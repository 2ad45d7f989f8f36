# Words of signature sheets: what one signs, the ways to sign, the count, the proof.

# The sheet.
sheet-kind = Pétition
sheet-open-until = Vous pouvez la signer jusqu’au { $time }.
sheet-signatures = Signatures
sheet-next = Prochain palier
sheet-see-count = Suivre les signatures, jour par jour et heure par heure
sheet-sign = Signer
sheet-once = Une personne signe une seule fois.
sheet-once-an-account = Un compte signe une seule fois.
sheet-once-a-browser = Un navigateur signe une seule fois.
sheet-minimum-age = Il faut avoir au moins { $age } ans.
sheet-level = Votre identité doit être vérifiée au niveau « { $level } ».
sheet-final = Une signature est définitive.
sheet-providers-text = Pour que chacun signe une seule fois, un service d’identité vérifie qui vous êtes. Il ne sait pas quelle pétition vous signez. Aucun compte n’est créé ici.
sheet-sign-with = Signer avec { $provider }
sheet-session-text = Connectez-vous avec votre courrier ou votre adresse électronique, puis signez. Votre signature part ensuite sans votre session.
sheet-sign-session = Continuer vers la signature
sheet-anyone-text = Personne ne vérifie qui vous êtes : cette consultation ouverte mesure un intérêt, et son nombre de signatures n’est pas une preuve.
sheet-no-way = Il n’est pas possible de signer en ce moment
sheet-no-way-text = Le service qui vérifie les identités ne répond pas. La pétition reste ouverte ; réessayez dans quelques minutes.
sheet-kept = Ce qui est conservé de vous
sheet-kept-minute = La minute où votre signature est acceptée. Elle est publique, sans votre nom ni rien qui vous désigne.
sheet-kept-minute-district = La minute où votre signature est acceptée, et votre territoire (quartier, commune, département) s’il est connu. Ils sont publics, sans votre nom ni rien qui vous désigne.
sheet-kept-mark = Une marque qui ne sert qu’à cette pétition, pour que personne ne signe deux fois. Rien ne la relie à vos autres signatures.
sheet-kept-anonymous = De { $provider }, nous n’apprenons ni votre nom, ni votre âge, ni votre adresse.
sheet-kept-birth-date = { $provider } nous donne votre date de naissance. Elle est vérifiée, puis oubliée ; elle n’est écrite nulle part.
sheet-kept-session = Votre compte ou votre courrier n’est lié à aucune signature : personne ne peut voir que vous avez signé, pas même nous.
sheet-kept-browser = Un secret au hasard, dans ce navigateur seulement, jusqu’à ce que vous le fermiez.
sheet-kept-until = Combien de temps, et vos droits :
sheet-check-yourself = Vérifier par vous-même
sheet-check-yourself-text = Chaque signature est inscrite dans un registre public que personne ne peut modifier après coup. Votre reçu montre que la vôtre y figure.
sheet-to-proof = Trouver ma signature avec mon reçu

# The check.
sheet-check = Vérifiez, puis signez
sheet-check-what = Vous signez
sheet-check-who = Vous signez en tant que
sheet-check-district = Votre signature comptera pour
sheet-check-text = Rien n’est encore signé. Votre signature est envoyée sans votre nom, votre adresse ni votre session.
sheet-vouched-provider = Une personne reconnue par { $provider }
sheet-vouched-session = Une personne qui a le droit de signer
sheet-vouched-nobody = Une personne que personne n’a vérifiée
sheet-leave = Ne pas signer
sheet-sign-out = Vous êtes sur un appareil partagé ?
sheet-sign-out-text = Déconnectez-vous aussi du service d’identité, pour que la personne suivante ne signe pas à votre place. La page s’ouvre dans un nouvel onglet ; revenez ensuite ici pour signer.
sheet-sign-out-do = Me déconnecter (nouvel onglet)
sheet-signed-out = Vous êtes déconnecté du service d’identité
sheet-signed-out-text = Vous pouvez fermer cet onglet. Si vous n’avez pas encore signé, revenez à l’onglet de la pétition.

# Why somebody cannot sign.
sheet-back = Revenir à la pétition
sheet-all = Voir ce que vous pouvez signer
sheet-too-early = Cette pétition n’est pas encore ouverte
sheet-too-early-text = Vous pourrez la signer à partir du { $time }.
sheet-too-late = Cette pétition est close
sheet-too-late-text = On pouvait la signer jusqu’au { $time }. Les signatures données à temps comptent ; leurs reçus le montrent.
sheet-closed-early = Elle a été close avant l’heure :
sheet-called-off = Cette pétition a été annulée
sheet-called-off-text = Ses signatures ne comptent pas. La raison donnée :
sheet-not-ready = Cette pétition est en cours de préparation
sheet-other-way = On ne signe pas cette pétition de cette façon
sheet-other-way-text = Rien n’a été signé. Revenez à la pétition : elle indique comment la signer.
sheet-network = Beaucoup de signatures viennent de votre réseau
sheet-network-text = Rien n’a été signé. Quand personne ne vérifie qui signe, un réseau ne peut donner qu’un certain nombre de signatures par heure. Réessayez plus tard, ou depuis une autre connexion.
sheet-provider-away = { $provider } ne répond pas
sheet-provider-away-text = Rien n’a été signé. La panne est chez { $provider }, et nous ne pouvons pas vérifier qui vous êtes sans lui. La pétition vous attend : réessayez dans quelques minutes.
sheet-answer-invalid = La réponse de { $provider } n’a pas pu être vérifiée
sheet-answer-invalid-text = Rien n’a été signé. Cela arrive quand plus de quinze minutes ont passé, quand une page est rechargée ou quand deux onglets se croisent. Recommencez : c’est sans risque, votre signature compte une seule fois.
sheet-denied = Vous ne vous êtes pas identifié auprès de { $provider }
sheet-denied-text = Rien n’a été signé. Vous avez interrompu l’identification, ou { $provider } l’a refusée. Vous pouvez recommencer.
sheet-level-too-low = Ce compte n’est pas assez sûr pour cette pétition
sheet-level-too-low-text = Rien n’a été signé. { $provider } vous reconnaît, mais à un niveau de sécurité trop bas. Recommencez et choisissez un compte d’un niveau plus élevé, par exemple L’Identité Numérique de La Poste ou France Identité.
sheet-again-with = Recommencer avec { $provider }
sheet-not-begun = Il n’y a pas de signature en cours dans ce navigateur
sheet-not-begun-text = Rien n’a été signé par cette page. Trois raisons sont possibles :
sheet-not-begun-done = vous avez déjà passé cette étape, puis rechargé la page ou utilisé le bouton « Précédent » ;
sheet-not-begun-late = plus de quinze minutes ont passé depuis le début ;
sheet-not-begun-browser = vous avez commencé dans un autre navigateur, ou votre navigateur refuse les cookies.
sheet-not-eligible = Vous ne pouvez pas signer cette pétition
sheet-too-young = Il faut avoir eu au moins { $age } ans le jour de son ouverture.
sheet-age-unknown = Il faut avoir au moins { $age } ans, et le service d’identité n’indique pas votre date de naissance.
sheet-not-eligible-text = Rien n’a été signé, et rien n’est conservé de cette tentative. Si vous pensez qu’il s’agit d’une erreur, écrivez à { $organization }.
sheet-not-now = Nous n’avons pas pu continuer
sheet-not-now-text = Rien n’a été signé. Beaucoup de personnes signent en ce moment, ou une partie du site est indisponible. Revenez à la pétition et recommencez : votre signature compte une seule fois.
sheet-already = Vous avez déjà signé cette pétition
sheet-already-text = Votre signature compte, une seule fois. Rien n’a été ajouté, et le reçu que vous avez reçu la première fois reste valable.
sheet-already-not-me = Si ce n’était pas vous, écrivez à { $organization }.
sheet-on-paper = Vous avez signé sur papier
sheet-on-paper-text = Votre signature sur papier compte, une seule fois. Rien n’a été ajouté.
sheet-permit-gone = Cette page est trop ancienne
sheet-permit-gone-text = Rien n’a été signé. Pour votre sécurité, une signature se donne peu après l’identification. Recommencez depuis la pétition.
sheet-no-answer = Votre signature n’a pas reçu de réponse
sheet-no-answer-text = Beaucoup de personnes signent en ce moment, ou la connexion a été perdue. Envoyez-la à nouveau : elle compte une seule fois, même envoyée plusieurs fois.

# The receipt.
sheet-done = Votre signature est comptée
sheet-keep-text = Imprimez cette page, notez le code ou scannez l’image. Sans lui, personne ne peut retrouver votre signature, pas même nous.
sheet-means-counted = Votre signature est enregistrée. Elle compte une seule fois.
sheet-means-log = Dans les deux secondes, elle est inscrite dans le registre public, à une place qui ne change plus.
sheet-means-secret = Le code ne dit pas qui vous êtes. Quiconque le possède peut voir qu’une signature compte, et à quelle minute elle a été acceptée.
sheet-prove-mine = Voir ma signature dans le registre
sheet-shared-device = Sur un appareil partagé, fermez cette page.

# The count.
sheet-count-title = Signatures : { $title }
sheet-milestones = Les paliers
sheet-reached = Atteint
sheet-not-reached = Pas encore atteint
sheet-reached-by = Par la signature n° { $number }, le { $time }.
sheet-total =
    { PLURAL($count) ->
        [one] { $count } signature
        [many] { $count } de signatures
       *[other] { $count } signatures
    }
sheet-spread =
    { PLURAL($districts) ->
        [one] au moins { $each } dans { $districts } territoire
       *[other] au moins { $each } dans chacun de { $districts } territoires
    }
sheet-total-and-spread = { $total }, dont { $spread }
sheet-before = { $condition }, avant le { $time }
sheet-curve = Au fil du temps
sheet-curve-none = Personne n’a encore signé. La courbe commence avec la première signature.
sheet-by-day = Signatures par jour
sheet-by-hour = Signatures par heure, sur les deux derniers jours
sheet-day-column = Jour
sheet-hour-column = Heure
sheet-hour = { $date }, { $time }
sheet-curve-about =
    { PLURAL($count) ->
        [one] Au plus haut, { $count } signature : { $when }.
        [many] Au plus haut, { $count } de signatures : { $when }.
       *[other] Au plus haut, { $count } signatures : { $when }.
    }
sheet-by-district = Par territoire
sheet-recount = Recompter
sheet-recount-text = Le registre est public. Chacun peut en refaire le compte sans nous croire, avec nos fichiers et un outil de son choix.
sheet-recount-command = Avec le programme de Comitia, sur votre ordinateur :
sheet-file-hours = Les signatures par heure (CSV)
sheet-file-checkpoint = La tête signée du registre (texte)
sheet-file-log = La description du registre, ses clés et ses paliers (JSON)

# The proof.
sheet-proof-title = Votre signature dans le registre
sheet-proof-lead = Le code de suivi de votre reçu mène à la place de votre signature dans le registre public, et à la preuve qu’elle y est comptée. Le code est envoyé sans cookie et n’apparaît dans aucune adresse.
sheet-prove = Chercher
sheet-proved = Cette signature est comptée
sheet-proved-text = Elle est la n° { $number } des { $size } signatures du registre. Chaque étape de la preuve a été vérifiée à l’instant.
sheet-proof-place = Place
sheet-proof-place-of = { $number } sur { $size }
sheet-proof-time = Acceptée le
sheet-proof-channel = Donnée
sheet-online = en ligne
sheet-on-paper-channel = sur papier
sheet-why = Pourquoi c’est sûr
sheet-why-identifier = Votre code donne un identifiant, et l’entrée du registre porte exactement celui-là. L’identifiant ne permet pas de retrouver le code.
sheet-why-hashes =
    { PLURAL($count) ->
        [one] { $count } empreinte relie cette entrée au sommet du registre. Si une seule signature était modifiée, ajoutée au milieu ou retirée, le sommet serait différent.
       *[other] { $count } empreintes relient cette entrée au sommet du registre. Si une seule signature était modifiée, ajoutée au milieu ou retirée, le sommet serait différent.
    }
sheet-why-signed = Ce sommet est signé par la clé du registre { $origin }. Tout le monde voit le même, et chacun peut en garder une copie.
sheet-proof-numbers = Voir la preuve
sheet-proof-identifier = L’identifiant de l’entrée :
sheet-proof-hashes = Les empreintes, de l’entrée vers le sommet :
sheet-proof-checkpoint = La tête signée :
sheet-own-computer = Sans nous croire
sheet-own-computer-text = Cette page est calculée par notre serveur. Le programme de Comitia fait la même vérification sur votre ordinateur, et recompte toutes les signatures :
sheet-proof-soon = Cette signature est acceptée
sheet-proof-soon-text = Elle sera inscrite dans le registre d’ici deux secondes. Cherchez à nouveau dans un instant.
sheet-proof-unknown = Aucune signature ne porte ce code
sheet-proof-unknown-text = Vérifiez qu’il s’agit de la bonne pétition. Si c’est le cas, gardez votre reçu et écrivez aux organisateurs : cela ne devrait pas arriver.
sheet-proof-broken = La preuve ne tient pas
sheet-proof-broken-text = Cela ne doit pas arriver, et l’erreur a été enregistrée. Gardez votre reçu et cette page, et écrivez à { $organization }.

# Paused, withdrawn.
sheet-paused = Les signatures sont suspendues
sheet-paused-text = Personne ne peut signer pour le moment. Les signatures déjà données comptent, et la pétition reprendra.
sheet-no-longer = Atteint, puis perdu
sheet-withdrawable = Vous pouvez retirer votre signature tant que la pétition est ouverte. Qui l’a retirée ne signe plus.
sheet-signed-before = Vous avez déjà signé ?
sheet-signed-before-text = Vous pouvez retirer votre signature. Le reçu n’est pas nécessaire.
sheet-withdraw = Retirer ma signature
sheet-withdraw-not = Ne rien changer
sheet-withdraw-title = Retirer votre signature ?
sheet-withdraw-text = Elle ne comptera plus. Dans le registre public, elle reste à sa place, et son retrait y est ajouté, sans votre nom. Vous ne pourrez plus signer cette pétition.
sheet-withdrawn = Votre signature est retirée
sheet-withdrawn-text = Elle ne compte plus. Son retrait figurera dans le registre public d’ici deux secondes.
sheet-withdrawn-before = Vous avez retiré votre signature
sheet-withdrawn-before-text = Elle ne compte plus, et on ne signe pas de nouveau après l’avoir retirée.
sheet-not-signed = Vous n’avez pas signé cette pétition
sheet-not-signed-text = Il n’y a rien à retirer.
sheet-final-text = Cette pétition ne permet pas de retirer une signature.
sheet-permit-gone-withdraw = Rien n’a été retiré. Recommencez depuis la pétition.
sheet-withdraw-no-answer = Le retrait n’a pas reçu de réponse
sheet-withdraw-no-answer-text = Envoyez-le à nouveau : il compte une seule fois.
sheet-withdrawn-count =
    { PLURAL($count) ->
        [one] { $count } signature a été retirée par la personne qui l’avait donnée. Elle n’est pas dans le total.
        [many] { $count } de signatures ont été retirées par les personnes qui les avaient données. Elles ne sont pas dans le total.
       *[other] { $count } signatures ont été retirées par les personnes qui les avaient données. Elles ne sont pas dans le total.
    }
sheet-proved-withdrawn = Cette signature a été retirée
sheet-proved-withdrawn-text = Elle est la n° { $number } du registre. La personne qui l’avait donnée l’a retirée : elle ne compte plus.
sheet-history = Ce qui a changé
sheet-act-paused = Le { $time }, les signatures ont été suspendues :
sheet-act-resumed = Le { $time }, elles ont repris :
sheet-act-extended = Le { $time }, la pétition a été prolongée jusqu’au { $until } :
sheet-act-closed = Le { $time }, elle a été close avant l’heure :
