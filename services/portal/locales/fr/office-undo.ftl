# Revenir sur ce qui vient d’être fait.

office-undo-hidden = Annuler : afficher de nouveau la proposition
office-undo-hidden-reason = Masquée par erreur, annulé aussitôt.
office-undo-shown = La masquer de nouveau
