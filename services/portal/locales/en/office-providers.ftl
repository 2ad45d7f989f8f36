# Words of the page on which the team chooses the identity services of accounts.
office-providers-open = Identity services of participants
office-providers = Identity services of participants
office-providers-lead = Participants sign in by e-mail. You can let them do so with an identity service too.
office-providers-kept = The service checks that the person is 15 or older. We keep neither their name nor their date of birth, only a fingerprint that is of use here alone. The services of accounts serve no signature.
office-providers-locked-out = Who opened an account without an e-mail address has no other way to sign in: if you take the service away, they cannot come in until you allow it again.
office-providers-allowed = Allowed services
office-providers-allowed-hint = Those that this installation knows.
office-providers-none = No service is configured
office-providers-none-text = The operator of this installation registers at an identity service and configures it.
office-log-update-account-sign-in = Identity services of participants
office-log-field-providers = Allowed services
office-said-update-account-sign-in = { $who } changed which identity services participants may use.
