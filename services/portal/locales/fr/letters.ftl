# Les courriers : ce que l’équipe voit, et ce qui est imprimé.

office-letters = Courriers
office-letters-lead = Cette page fait les courriers avec les codes, prêts pour l’imprimeur : un PDF par lot, dans l’ordre de votre fichier.
office-letters-not-kept = Comitia ne connaît ni les noms ni les adresses postales. Votre fichier sert à imprimer, attend une demi-heure sous clé, puis disparaît. Rien n’en est gardé.
office-letters-file = Fichier des adresses (CSV)
office-letters-file-hint = Une ligne par courrier, dans l’ordre de l’envoi ; 50 000 lignes au plus.
office-letters-file-wrong =
    { PLURAL($count) ->
        [one] Les courriers ne peuvent pas être faits : { $count } point est à corriger. Rien n’a été fait.
       *[other] Les courriers ne peuvent pas être faits : { $count } points sont à corriger. Rien n’a été fait.
    }
office-letters-file-gone = Le fichier n’est plus là : une demi-heure a passé, ou il s’est perdu. Choisissez le même fichier : pendant un jour, le même lot donne les mêmes courriers.
office-letters-sender = Expéditeur
office-letters-sender-hint = Votre nom et votre adresse de retour, six lignes au plus.
office-letters-window = Fenêtre de l’enveloppe
office-letters-window-hint = Choisie selon votre pays. Demandez à l’imprimeur s’il a d’autres enveloppes.
office-letters-right = À droite (norme française NF Z 10-011)
office-letters-left = À gauche (norme allemande DIN 5008, forme B)
office-letters-language = Langue des courriers
office-letters-language-hint = Une colonne « Langue » du fichier, avec « fr » ou « en », vaut pour sa ligne.
office-letters-note = Vos propres mots
office-letters-note-hint = Imprimés dans chaque courrier, avant le numéro et le code : les dates du vote, par exemple.
office-letters-columns = La première ligne nomme les colonnes. Une colonne est le numéro ; civilité, prénom et nom font la première ligne de l’adresse, code postal et ville la dernière ; chaque autre colonne est une ligne. Sans adresse, le courrier ne porte que le numéro.
office-letters-example =
    Numéro;Civilité;Prénom;Nom;Complément;Voie;Code postal;Ville
    0001;Mme;Amélie;Roux;Bât. C;3, rue de l’Île;69001;LYON
office-letters-no-number = Aucune colonne n’est le numéro du membre. Nommez-la « Numéro ».
office-letters-too-many = Le fichier a plus de { $count } lignes. Partagez-le.
office-letters-empty = Il manque quelque chose ici.
office-letters-unknown = Le caractère « { $letter } » ne peut pas être imprimé. Écrivez-le en lettres latines, grecques ou cyrilliques.
office-letters-unprintable = Un caractère ne peut pas être imprimé. Retapez ce texte.
office-letters-wide = C’est trop long pour la place prévue. Abrégez, ou partagez sur deux colonnes.
office-letters-long = Le texte ne tient pas sur la page. Raccourcissez-le.
office-letters-lines = { $count } lignes au plus trouvent place.
office-letters-preview = Vérifier les courriers
office-letters-preview-lead = Voici comment le fichier a été lu. Regardez un courrier, puis faites les lots l’un après l’autre.
office-letters-new = courriers avec un nouveau code
office-letters-without = lignes sans nouveau code
office-letters-without-show =
    { PLURAL($count) ->
        [one] { $count } ligne ne reçoit pas de nouveau code
       *[other] { $count } lignes ne reçoivent pas de nouveau code
    }
office-letters-without-text = La personne n’est pas dans la liste, a déjà un code, ou attend une deuxième approbation. Un code perdu se remplace à deux, depuis la recherche des membres.
office-letters-without-line = Ligne { $line } :
office-letters-address = Adresse
office-letters-look = Regarder un courrier
office-letters-specimen = Télécharger un spécimen (PDF)
office-letters-batches = Lots pour l’imprimeur
office-letters-makes = Chaque bouton crée les codes de son lot, au plus 500, et télécharge ses courriers. L’historique de la liste dira que vous l’avez fait.
office-letters-again = Si le téléchargement échoue, le même fichier et le même lot donnent les mêmes courriers pendant un jour. Ensuite, un code ne peut plus être lu.
office-letters-batch = Lot { $number } : lignes { $first } à { $last } (PDF)
office-letters-batch-empty = Personne dans ce lot ne reçoit de nouveau code. Rien n’a été fait.
office-letters-document = Courriers : { $roll }

letters-greeting = Madame, Monsieur,
letters-before = Voici ce qu’il vous faut pour participer et voter en ligne : { $organization }. Scannez le code QR avec votre téléphone, ou allez à l’adresse { $address } et saisissez votre numéro et votre code.
letters-heading = Votre code pour voter
letters-number = Votre numéro
letters-code = Votre code
letters-picture = Code QR : il ouvre la page de connexion et y inscrit votre numéro et votre code.
letters-secret = Gardez ce code pour vous : qui l’a peut voter à votre place. Personne ne vous le demandera, ni au téléphone, ni par courriel. Les tirets et la casse ne comptent pas.
letters-contact = Une question ? Écrivez à { $contact }.
