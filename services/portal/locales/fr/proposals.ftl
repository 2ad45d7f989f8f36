# Les propositions : lire, déposer, modifier.

proposals-title = Propositions
proposals-page-title = Propositions – { $process }
proposals-list = Propositions, les plus récentes d’abord
proposals-propose = Proposer un projet
proposals-first = Revenir aux plus récentes
proposals-none = Il n’y a aucune proposition
proposals-none-yet = Soyez la première personne à proposer quelque chose.
proposals-none-now = Rien n’a été proposé ici.
proposals-none-found = Aucune proposition ne correspond
proposals-none-found-text = Essayez avec moins de mots ou d’autres mots, ou effacez les filtres.
proposals-any = Tous
proposals-filter-words = Mots
proposals-filter-area = Quartier
proposals-filter-category = Catégorie
proposals-filter-state = État
proposals-state-submitted = Déposée
proposals-state-examined = À l’étude
proposals-state-accepted = Retenue
proposals-state-rejected = Non retenue
proposals-state-withdrawn = Retirée
proposals-hidden = Masquée
proposals-hidden-title = Proposition masquée
proposals-hidden-text = L’équipe a masqué cette proposition parce qu’elle enfreint les règles de ce site.
proposals-hidden-reason = Motif :
proposals-hidden-own = L’équipe a masqué votre proposition : vous et l’équipe êtes seuls à pouvoir la lire.
proposals-back = Vers les autres propositions
proposals-process = Démarche
proposals-date = Déposée le
proposals-area = Quartier
proposals-everywhere = Tout le territoire
proposals-category = Catégorie
proposals-place = Lieu
proposals-answer = La réponse de { $organization }
proposals-examined = L’équipe étudie cette proposition.
proposals-projects =
    { PLURAL($count) ->
        [one] Elle est devenue un projet
       *[other] Elle est devenue { $count } projets
    }
proposals-own = Votre proposition
proposals-own-fixed = Elle a reçu une réponse, ou le dépôt est terminé : le texte ne peut plus être modifié.
proposals-own-withdrawn = Vous l’avez retirée.
proposals-change = Modifier le texte
proposals-withdraw = Retirer
proposals-changed = Vos modifications sont enregistrées.
proposals-withdrawn-done = Votre proposition est retirée.
proposals-mine = Mes propositions
proposals-mine-caption = Les plus récentes d’abord
proposals-mine-title = Titre
proposals-mine-empty = Vous n’avez encore rien proposé
proposals-mine-empty-text = Voir où déposer une proposition
proposals-new = Proposer un projet
proposals-begin = Commencer
proposals-continue = Continuer
proposals-previous = Retour
proposals-rules-until = Fin du dépôt : { $end }.
proposals-rules-one = Proposez une seule chose, utile au public.
proposals-rules-public = Votre proposition est publique. N’y écrivez ni numéro de téléphone, ni adresse, ni nom d’une personne privée.
proposals-rules-name = Elle est affichée sous le nom de votre compte, ou sans nom si vous êtes venu avec un courrier.
proposals-rules-respect = Restez respectueux. L’équipe masque ce qui enfreint la loi ou insulte, et dit pourquoi.
proposals-rules-examined = L’équipe étudie chaque proposition et répond publiquement.
proposals-rules-change = Jusqu’à la réponse, vous pouvez modifier le texte, et vous pouvez la retirer.
proposals-title-question = Que proposez-vous, en une phrase ?
proposals-title-hint = { $most } caractères au plus : « Des arbres place du Marché ».
proposals-alike =
    { PLURAL($count) ->
        [one] Votre proposition ressemble-t-elle à celle-ci ?
       *[other] Votre proposition est-elle parmi ces { $count } ?
    }
proposals-alike-text = Ces propositions partagent des mots de votre titre. Si l’une d’elles dit ce que vous voulez, inutile de l’écrire à nouveau.
proposals-alike-none = Non, continuer avec la mienne
proposals-alike-title = Modifier mon titre
proposals-details = Décrivez votre proposition
proposals-body = Description
proposals-body-hint = Que faut-il faire, pour qui et pourquoi ? { $most } caractères au plus. Une ligne vide commence un paragraphe, un tiret une liste.
proposals-place-hint = Une adresse, une place, une école.
proposals-category-hint = Par exemple parcs, écoles, rues.
proposals-check = Vérifiez votre proposition
proposals-check-text = Dès que vous l’envoyez, elle est publique.
proposals-none-given = Non précisé
proposals-send = Envoyer
proposals-change-details = Modifier la description, le quartier ou le lieu
proposals-change-title = Modifier le titre
proposals-sent-title = Votre proposition est déposée
proposals-sent-text = Elle est publique. L’équipe va l’étudier ; sa réponse figurera sur la page de la proposition.
proposals-sent-see = Voir ma proposition
proposals-sent-mine = Toutes mes propositions
proposals-sent-process = Revenir à la démarche
proposals-sent-before = Vous avez déjà envoyé ce formulaire
proposals-sent-before-text = Votre premier envoi est enregistré. Si vous envoyez aussi ceci, ce sera une seconde proposition.
proposals-session-over = Votre session a pris fin
proposals-session-over-text = Rien n’est perdu. Connectez-vous dans une autre fenêtre, puis revenez ici et continuez.
proposals-session-over-sign-in = Se connecter (nouvelle fenêtre)
proposals-closed = Le dépôt de propositions n’est pas ouvert
proposals-closed-until = Ouverture du dépôt : { $start }.
proposals-closed-over = Le dépôt est terminé.
proposals-closed-draft = Ce que vous avez écrit
proposals-closed-draft-text = Votre texte n’a pas été envoyé. Copiez-le si vous voulez le garder.
proposals-closed-back = Revenir à la démarche
proposals-edit = Modifier votre proposition
proposals-save = Enregistrer
proposals-cancel = Annuler
proposals-conflict = Elle a été modifiée ailleurs entre-temps
proposals-conflict-text = Ci-dessous figure ce que vous venez d’écrire. Si vous enregistrez, votre texte remplace l’autre modification.
proposals-too-late = Elle ne peut plus être modifiée
proposals-see = Voir la proposition
proposals-withdraw-question = Retirer votre proposition ?
proposals-withdraw-text = Elle reste lisible et porte la mention « Retirée ». L’équipe ne l’étudie plus. C’est définitif.
proposals-withdraw-not = Elle ne peut plus être retirée
proposals-withdraw-not-text = Elle est devenue un projet.
proposals-error-title-missing = Saisissez un titre
proposals-error-title-short = Le titre doit compter au moins { $least } caractères, sans signe spécial
proposals-error-title-long = Le titre peut compter { $most } caractères ; il en compte { $now }
proposals-error-body-missing = Décrivez votre proposition
proposals-error-body-short = La description doit compter au moins { $least } caractères
proposals-error-body-long = La description peut compter { $most } caractères ; elle en compte { $now }
proposals-error-body-control = La description contient des signes impossibles à afficher ; tapez-la, ou collez-la sans mise en forme
proposals-error-area = Choisissez un quartier dans la liste
proposals-error-category = La catégorie peut compter { $most } caractères, sur une seule ligne
proposals-error-place = Le lieu peut compter { $most } caractères, sur une seule ligne
proposals-error-point = Choisissez à nouveau le point sur la carte, ou effacez-le.
proposals-as-map = Voir sur une carte
proposals-as-list = Voir la liste
proposals-on-map =
    { PLURAL($count) ->
        [one] { $count } proposition sur la carte
       *[other] { $count } propositions sur la carte
    }
proposals-not-on-map =
    { PLURAL($count) ->
        [one] { $count } proposition n’a pas de point sur la carte ; elle est dans la liste.
       *[other] { $count } propositions n’ont pas de point sur la carte ; elles sont dans la liste.
    }
proposals-map =
    { PLURAL($count) ->
        [one] Carte avec { $count } proposition
       *[other] Carte avec { $count } propositions
    }
proposals-map-one = Carte avec le lieu de la proposition
proposals-map-where = Carte pour choisir le lieu

# Qui parle.
proposals-author = Auteur
proposals-author-association = { $name } (association)
proposals-speaker = Au nom de
proposals-author-nameless = Sans nom
proposals-account-first = Votre compte ne permet pas encore d’écrire
proposals-account-first-text = Choisissez un nom et acceptez les conditions dans l’autre onglet, puis renvoyez. Rien de ceci n’est perdu.
proposals-account-first-go = Terminer l’inscription (nouvel onglet)
