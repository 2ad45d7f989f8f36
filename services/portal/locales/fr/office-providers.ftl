# Mots de la page où l’équipe choisit les services d’identité des comptes.
office-providers-open = Services d’identité des participants
office-providers = Services d’identité des participants
office-providers-lead = Les participants se connectent par courriel. Vous pouvez leur permettre de le faire aussi avec un service d’identité.
office-providers-kept = Le service vérifie que la personne a 15 ans. Nous ne gardons ni son nom ni sa date de naissance, seulement une empreinte qui ne sert qu’ici. Les services des comptes ne servent à aucune signature.
office-providers-locked-out = Qui a ouvert un compte sans adresse électronique n’a que ce moyen de se connecter : si vous retirez le service, ces personnes ne peuvent plus entrer jusqu’à ce que vous le permettiez de nouveau.
office-providers-allowed = Services permis
office-providers-allowed-hint = Ceux que cette installation connaît.
office-providers-none = Aucun service n’est configuré
office-providers-none-text = C’est à l’exploitant de cette installation de s’inscrire auprès d’un service d’identité et de le configurer.
office-log-update-account-sign-in = Services d’identité des participants
office-log-field-providers = Services permis
office-said-update-account-sign-in = { $who } a changé les services d’identité que les participants peuvent utiliser.
