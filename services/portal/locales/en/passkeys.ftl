# The team's passkeys: the second factor, after the code that comes by e-mail.

office-log-reset-passkeys = Reset of the passkeys of somebody in the team
office-log-update-staff-sign-in = Change of how the team signs in
office-log-register-passkey = A passkey added
office-log-delete-passkey = A passkey removed
office-log-field-second-factor = A passkey asked of the whole team
office-log-field-passkeys = Number of passkeys
