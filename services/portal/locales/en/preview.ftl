# The preview of a process before it is published.

preview-title = Preview of a process
preview-lead = { $organization } sent you a link to read a process before it is published. Pass it on only to people it is meant for.
preview-code = Code of the preview
preview-code-hint = It is the end of the link, after the # sign. You can paste the whole link, too.
preview-code-missing = Enter the code of the preview.
preview-code-wrong = This link opens no preview any more: it has expired, or the team has revoked it. Ask the person who sent it for another one.
preview-open = See the preview
preview-banner = Preview
preview-banner-text = You are reading a process that is not published yet. Everything may still change, and nothing can be sent. This preview closes on { $until } at the latest.
preview-back = Back to “{ $process }”
preview-leave = Leave the preview
preview-ended = The preview is over
preview-ended-text = Its link was revoked. Ask the person who sent it for another one, or wait until the process is published.
preview-ended-home = Go to the first page
