# The way back from what was just done.

office-undo-hidden = Undo: show the proposal again
office-undo-hidden-reason = Hidden by mistake, undone at once.
office-undo-shown = Hide it again
