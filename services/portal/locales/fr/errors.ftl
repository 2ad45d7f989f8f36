# Les pages qui disent pourquoi quelque chose ne peut être ni montré ni fait.

errors-home = Aller à la page d’accueil
errors-not-found = Il n’y a rien ici
errors-not-found-text = La page a pu changer d’adresse, ou l’adresse a été mal saisie. Ce que vous cherchez n’est peut-être pas encore public.
errors-forged = Ce formulaire ne vient pas de ce site
errors-forged-text = Pour vous protéger, nous n’acceptons que les formulaires de nos propres pages. Ouvrez la page à nouveau et envoyez le formulaire depuis celle-ci.
errors-form = Ce formulaire est illisible
errors-form-text = Ouvrez la page à nouveau et remplissez le formulaire une nouvelle fois. Si le problème persiste, dites-nous quel navigateur vous utilisez.
errors-forbidden = Vous ne pouvez pas faire cela
errors-forbidden-text = Votre compte ne le permet pas. Si vous pensez qu’il le devrait, écrivez à l’équipe de { $organization }.
errors-role = Cette page est réservée à d’autres rôles
errors-role-text = Il faut l’un de ces rôles : { $roles }. Un administrateur de votre équipe peut vous le donner.
errors-conflict = Ce n’est plus possible
errors-conflict-text = Quelqu’un ou quelque chose a été plus rapide : une phase est terminée, un vote est clos, ou la même chose a été modifiée ailleurs. Revenez à la page et regardez où elle en est.
errors-busy = Il y a beaucoup de monde en ce moment
errors-busy-text = Nous ne pouvons pas traiter votre demande à cet instant. Rien de ce qui vous a été confirmé n’est perdu. Actualisez la page pour réessayer : ce que vous envoyez compte une seule fois, quel que soit le nombre d’envois.
errors-wait =
    { PLURAL($seconds) ->
        [one] Merci de patienter { $seconds } seconde avant de réessayer.
       *[other] Merci de patienter { $seconds } secondes avant de réessayer.
    }
errors-away = Cette partie du site est momentanément indisponible
errors-away-text = Nous y travaillons. Rien de ce qui vous a été confirmé n’est perdu. Actualisez la page dans un instant : ce que vous envoyez compte une seule fois, quel que soit le nombre d’envois.
errors-broken = Une erreur s’est produite de notre côté
errors-broken-text = L’erreur a été enregistrée. Rien de ce qui vous a été confirmé n’est perdu.
errors-invalid = Quelque chose ne va pas dans cette demande
errors-invalid-text = Revenez à la page précédente et réessayez.
