# Pages that say why something cannot be shown or done.

errors-home = Go to the home page
errors-not-found = There is nothing here
errors-not-found-text = The page may have moved, or the address may have been mistyped. What you are looking for may also not be public yet.
errors-forged = This form did not come from this site
errors-forged-text = To protect you, we take forms from our own pages only. Open the page again and send the form from there.
errors-form = This form cannot be read
errors-form-text = Open the page again and fill the form in once more. If that does not help, tell us which browser you use.
errors-forbidden = You may not do this
errors-forbidden-text = Your account does not allow it. If you think it should, write to the team of { $organization }.
errors-role = This page is for other roles
errors-role-text = It takes one of these roles: { $roles }. An administrator of your team can give it to you.
errors-conflict = This is no longer possible
errors-conflict-text = Somebody or something was faster: a phase has ended, a vote has closed, or the same thing was changed elsewhere. Go back to the page and look at it again.
errors-busy = Many people are here right now
errors-busy-text = We cannot take your request at this moment. Nothing that was confirmed to you is lost. Reload the page to try again: what you send counts once, however often you send it.
errors-wait =
    { PLURAL($seconds) ->
        [one] Please wait { $seconds } second before you try again.
       *[other] Please wait { $seconds } seconds before you try again.
    }
errors-away = This part of the site is away for a moment
errors-away-text = We are working on it. Nothing that was confirmed to you is lost. Reload the page in a moment: what you send counts once, however often you send it.
errors-broken = Something went wrong on our side
errors-broken-text = The error has been recorded. Nothing that was confirmed to you is lost.
errors-invalid = Something in this request is not right
errors-invalid-text = Go back to the page before and try again.
