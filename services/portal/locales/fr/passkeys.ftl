# Les clés d’accès de l’équipe : le deuxième facteur, après le code reçu par courriel.

office-log-reset-passkeys = Réinitialisation des clés d’accès d’une personne de l’équipe
office-log-update-staff-sign-in = Modification de la connexion de l’équipe
office-log-register-passkey = Ajout d’une clé d’accès
office-log-delete-passkey = Retrait d’une clé d’accès
office-log-field-second-factor = Clé d’accès demandée à toute l’équipe
office-log-field-passkeys = Nombre de clés d’accès
