//! What identity keeps: who people are.

use super::{Ground, Kind, table, words};
use crate::process::Service;

pub(super) const KINDS: &[Kind] = &[
    Kind {
        id: "roll-members",
        service: Some(Service::Identity),
        title: words("Listes électorales et courriers", "Electoral rolls and letters"),
        people: words(
            "personnes inscrites sur une liste de l’organisation",
            "people on a roll of the organization",
        ),
        data: words(
            "numéro de la liste, secteur, selon la liste date de naissance et adresse électronique ; empreinte du code d’accès",
            "number on the roll, district, and where the roll has them birth date and e-mail address; hash of the access code",
        ),
        purpose: words(
            "établir qui peut voter, et faire qu’une personne vote une fois",
            "to establish who may vote, and that one person votes once",
        ),
        ground: Ground::PublicTask,
        kept: words(
            "jusqu’à ce que l’équipe charge une liste sans la personne ou l’efface, ou qu’elle s’efface elle-même ; pas avant la fin des \
             votes ouverts de la liste. Aucune durée automatique : à fixer par l’organisation.",
            "until the team loads a roll without the person or erases them, or they erase themselves; not before the open votes of the \
             roll are over. No automatic period: the organization sets one.",
        ),
        recipients: words(
            "administrateurs de l’organisation (recherche et correction, inscrites au journal) ; personne d’autre",
            "administrators of the organization (look-ups and corrections, which are logged); nobody else",
        ),
        security: words(
            "chiffré dans la base (AES-256-GCM, identity.data_key) ; recherche par empreinte à clé (identity.lookup_key) ; les adresses \
             postales ne sont pas conservées",
            "encrypted in the database (AES-256-GCM, identity.data_key); looked up by keyed hash (identity.lookup_key); postal addresses \
             are not stored",
        ),
        tables: &[
            table(
                "identity.members",
                "member_id member_number member_number_lookup district birth_date email email_lookup access_code_lookup held leave_time \
                 address_held",
                "organization_id roll_id create_time",
            ),
            // Empty but for the transaction of an import.
            table(
                "identity.import_lines",
                "line member_number_lookup email_lookup",
                "import_id organization_id",
            ),
            table(
                "identity.sign_in_groups",
                "district age_from person_count",
                "organization_id poll_id shard",
            ),
            table(
                "identity.returned_letters",
                "day district letter_count officer",
                "returned_letters_id organization_id roll_id",
            ),
            table("identity.erased_members", "member_number_lookup", "organization_id roll_id"),
        ],
    },
    Kind {
        id: "accounts",
        service: Some(Service::Identity),
        title: words("Comptes des participants", "Participants’ accounts"),
        people: words("personnes qui ont ouvert un compte", "people who have opened an account"),
        data: words(
            "adresse électronique s’il y en a une, nom affiché, langue, jour de l’inscription, jour où l’âge a été déclaré ou vérifié, conditions acceptées",
            "e-mail address if there is one, display name, language, day of registration, day on which the age was declared or checked, accepted terms",
        ),
        purpose: words(
            "permettre d’écrire sous un nom, et de retrouver ce qu’on a écrit",
            "to let people write under a name, and find what they wrote",
        ),
        ground: Ground::PublicTask,
        kept: words(
            "jusqu’à ce que la personne efface son compte ; {unnamed accounts} pour un compte sans nom choisi",
            "until the person erases the account; {unnamed accounts} for one without a chosen name",
        ),
        recipients: words(
            "le nom affiché : tout le monde, à côté de ce que la personne a écrit ; le reste : la personne elle-même",
            "the display name: everybody, beside what the person wrote; the rest: the person alone",
        ),
        security: words(
            "chiffré dans la base ; des jours et non des heures ; identifiants tirés au hasard",
            "encrypted in the database; days and no times; random ids",
        ),
        tables: &[
            table(
                "identity.participants",
                "participant_id email email_lookup author display_name language create_day age_declaration_day",
                "organization_id",
            ),
            table("identity.terms_acceptances", "participant_id accept_day", "organization_id terms_version"),
        ],
    },
    Kind {
        id: "account-providers",
        service: Some(Service::Identity),
        title: words(
            "Connexion à un compte par un fournisseur d’identité",
            "Signing in to an account by an identity provider",
        ),
        people: words(
            "participants qui se connectent par un fournisseur d’identité",
            "participants who sign in by an identity provider",
        ),
        data: words(
            "empreinte à clé de l’identifiant que le fournisseur donne, fournisseur, jour du lien. La date de naissance est vérifiée,              puis oubliée ; ni le nom ni l’adresse ne sont demandés.",
            "keyed hash of the identifier that the provider gives, provider, day of the link. The birth date is checked and              forgotten; neither name nor address is asked for.",
        ),
        purpose: words(
            "retrouver son compte sans code par courriel ; un compte par identité",
            "to find one’s account without a code by e-mail; one account an identity",
        ),
        ground: Ground::PublicTask,
        kept: words(
            "jusqu’à ce que la personne retire le lien ou efface son compte ; dans le navigateur, scellés : la connexion en cours,              {provider sign-ins}, et la première visite, {provider registrations} au plus",
            "until the person removes the link or erases the account; in the browser, sealed: the sign-in in progress,              {provider sign-ins}, and the first visit, {provider registrations} at the most",
        ),
        recipients: words(
            "fournisseurs configurés : {identity.account_providers}. Ils savent que la personne vient ici.",
            "configured providers: {identity.account_providers}. They know that the person comes here.",
        ),
        security: words(
            "une clé propre à chaque organisation ; un client distinct de celui des signatures, qu’aucune pétition n’utilise",
            "a key of each organization’s own; another client than that of signatures, which no petition uses",
        ),
        tables: &[table(
            "identity.provider_links",
            "provider_link_id participant_id identity_lookup provider link_day",
            "organization_id",
        )],
    },
    Kind {
        id: "residents",
        service: Some(Service::Identity),
        title: words("Lien entre un compte et une liste", "Links between an account and a roll"),
        people: words(
            "participants reconnus comme inscrits sur une liste",
            "participants who are verified as members of a roll",
        ),
        data: words(
            "quel compte est quelle personne de la liste, le jour, le moyen ; les cas où deux comptes demandent la même personne",
            "which account is which member, on which day, by which means; cases in which two accounts claim one member",
        ),
        purpose: words("une personne, un compte, une voix", "one person, one account, one vote"),
        ground: Ground::PublicTask,
        kept: words(
            "aussi longtemps que le compte et l’inscription ; un cas tranché : {decided cases}",
            "as long as account and entry in the roll; a decided case: {decided cases}",
        ),
        recipients: words("administrateurs, pour trancher un cas", "administrators, to decide a case"),
        security: words(
            "le pseudonyme des textes n’est pas celui des votes ; les lignes sont réécrites chaque jour dans un ordre tiré au hasard",
            "the pseudonym of texts is not that of votes; rows are written again each day in a random order",
        ),
        tables: &[
            table(
                "identity.residences",
                "residence_id participant_id member_id verify_day by_address",
                "organization_id roll_id shuffled",
            ),
            table(
                "identity.resident_cases",
                "case_id member_id claimant_id open_day decision resolved_by resolve_day",
                "organization_id roll_id",
            ),
        ],
    },
    Kind {
        id: "associations",
        service: Some(Service::Identity),
        title: words("Associations vérifiées", "Verified associations"),
        people: words("personnes qui écrivent pour une association", "people who write for an association"),
        data: words("adresse électronique, association", "e-mail address, association"),
        purpose: words(
            "savoir qui peut écrire au nom d’une association",
            "to know who may write for an association",
        ),
        ground: Ground::PublicTask,
        kept: words(
            "jusqu’à ce que l’équipe retire la personne ou l’association",
            "until the team removes the person or the association",
        ),
        recipients: words("administrateurs", "administrators"),
        security: words("chiffré dans la base", "encrypted in the database"),
        tables: &[
            table(
                "identity.association_members",
                "association_member_id email email_lookup",
                "organization_id association_id",
            ),
            table("identity.associations", "display_name", "association_id organization_id create_time"),
        ],
    },
    Kind {
        id: "staff",
        service: Some(Service::Identity),
        title: words("Agents de l’organisation", "Staff of the organization"),
        people: words("agents", "staff members"),
        data: words(
            "adresse électronique, nom, rôles ; clés d’accès : clé publique, nom donné, jour",
            "e-mail address, name, roles; passkeys: public key, name given, day",
        ),
        purpose: words("savoir qui peut faire quoi", "to know who may do what"),
        ground: Ground::PublicTask,
        kept: words(
            "jusqu’à ce qu’un administrateur retire l’agent",
            "until an administrator removes the staff member",
        ),
        recipients: words("administrateurs et auditeurs", "administrators and auditors"),
        security: words("chiffré dans la base", "encrypted in the database"),
        tables: &[
            table(
                "identity.staff",
                "staff_member_id email email_lookup display_name roles",
                "organization_id create_time",
            ),
            table(
                "identity.passkeys",
                "staff_member_id credential_id public_key label create_date",
                "passkey_id organization_id domain sign_count backup_eligible",
            ),
        ],
    },
    Kind {
        id: "sessions",
        service: Some(Service::Identity),
        title: words("Sessions", "Sessions"),
        people: words("personnes connectées", "people who are signed in"),
        data: words(
            "qui, quel jour, jusqu’à quel jour ; pour un compte, la sorte d’appareil et le nom du navigateur (liste courte) ; sessions \
             révoquées",
            "who, on which day, until which day; for an account the kind of device and the browser’s name (from a short list); revoked \
             sessions",
        ),
        purpose: words(
            "rester connecté, et pouvoir mettre fin à une session",
            "to stay signed in, and to be able to end a session",
        ),
        ground: Ground::Security,
        kept: words(
            "la session dure {identity.participant_session_seconds} (agents : {identity.staff_session_seconds}) ; la ligne est effacée \
             {ended sessions} après ; une révocation : {revocations}",
            "a session lasts {identity.participant_session_seconds} (staff: {identity.staff_session_seconds}); its row is deleted \
             {ended sessions} afterwards; a revocation: {revocations}",
        ),
        recipients: words("la personne elle-même", "the person alone"),
        security: words(
            "des jours et non des heures, sauf pour les agents ; lignes réécrites dans un ordre tiré au hasard ; empreinte du jeton seule",
            "days and no times, except for staff; rows written again in a random order; only the token’s hash",
        ),
        tables: &[
            table(
                "identity.sessions",
                "session_id member_id staff_member_id participant_id refresh_sha256 create_time expire_time revoke_time device_kind \
                 device_browser second_factor",
                "organization_id shuffled",
            ),
            table(
                "identity.passkey_challenges",
                "challenge session_id expire_time",
                "organization_id registers",
            ),
            table("identity.revocations", "session_id revoke_time session_expire_time", "transaction_id"),
        ],
    },
    Kind {
        id: "one-time-codes",
        service: Some(Service::Identity),
        title: words("Codes à usage unique", "One-time codes"),
        people: words("personnes qui demandent un code par courriel", "people who ask for a code by e-mail"),
        data: words(
            "empreinte à clé de l’adresse, code chiffré, échéance à la minute",
            "keyed hash of the address, encrypted code, expiry to the minute",
        ),
        purpose: words("se connecter sans mot de passe", "to sign in without a password"),
        ground: Ground::Security,
        kept: words(
            "{one-time codes}, et une minute de plus au plus",
            "{one-time codes}, and a minute more at the most",
        ),
        recipients: words(
            "la personne, par courriel ; serveur de courriel : {identity.mail}",
            "the person, by e-mail; mail server: {identity.mail}",
        ),
        security: words(
            "la même réponse pour toutes les adresses, connues ou non",
            "the same answer for every address, known or not",
        ),
        tables: &[
            table(
                "identity.one_time_codes",
                "email_lookup code_lookup code expire_time used_by",
                "organization_id attempts_left",
            ),
            table(
                "identity.email_codes",
                "email_lookup code_lookup expire_time",
                "organization_id attempts_left",
            ),
        ],
    },
    Kind {
        id: "paper-permits",
        service: Some(Service::Identity),
        title: words("Droits de vote sur papier", "Permits for paper ballots"),
        people: words(
            "personnes qui ont voté sur papier ; agents qui saisissent",
            "people who voted on paper; officers who enter ballots",
        ),
        data: words(
            "empreinte à clé du numéro de la liste, vote, agent, jour",
            "keyed hash of the number on the roll, poll, officer, day",
        ),
        purpose: words(
            "pouvoir dire à une personne qu’un droit de vote a été demandé pour elle",
            "to be able to tell a person that a permit was asked for in their name",
        ),
        ground: Ground::Security,
        kept: words(
            "{identity.poll_key_retention_days} après la clôture du vote",
            "{identity.poll_key_retention_days} after the close of the poll",
        ),
        recipients: words("la personne, sur demande", "the person, who asks for it"),
        security: words("un jour et non une heure ; aucun nom", "a day and no time; no name"),
        tables: &[table(
            "identity.paper_permits",
            "paper_permit_id officer member_number_lookup issue_time",
            "organization_id poll_id",
        )],
    },
    Kind {
        id: "changes-of-rolls",
        service: Some(Service::Identity),
        title: words(
            "Modifications des listes et remplacements de codes",
            "Changes of rolls and replaced codes",
        ),
        people: words(
            "agents ; personnes dont l’inscription est corrigée",
            "officers; members whose entry is corrected",
        ),
        data: words(
            "quel agent, quand, quelles colonnes, de quelle inscription ; les deux personnes qui remplacent un code",
            "which officer, when, which columns, of which entry; the two people who replace a code",
        ),
        purpose: words(
            "prouver que personne ne vote à la place d’un autre",
            "to show that nobody votes in another’s place",
        ),
        ground: Ground::Security,
        kept: words(
            "aussi longtemps que la liste ; le lien avec la personne : jusqu’à son effacement",
            "as long as the roll; the link to the person: until they are erased",
        ),
        recipients: words("administrateurs et auditeurs", "administrators and auditors"),
        security: words("ni ancienne ni nouvelle valeur", "no value, neither before nor after"),
        tables: &[
            table(
                "identity.roll_changes",
                "officer change_time member_id fields",
                "change_id organization_id roll_id kind added_count changed_count left_count",
            ),
            table(
                "identity.access_code_replacements",
                "member_id requested_by requested_by_person request_time approved_by approved_by_person approve_time",
                "replacement_id organization_id roll_id expire_time",
            ),
        ],
    },
    Kind {
        id: "desk-visits",
        service: Some(Service::Identity),
        title: words("Votes au guichet", "Votes at the desk"),
        people: words(
            "personnes inscrites qui votent au guichet ; agents",
            "members who vote at the desk; officers",
        ),
        data: words(
            "quel scrutin, quelle inscription, quel jour, quels deux agents ; jamais l’heure, ni le bulletin",
            "which poll, which entry, which day, which two officers; never the time, nor the ballot",
        ),
        purpose: words(
            "permettre de voter sans appareil, et prouver que personne ne vote à la place d’un autre",
            "to let people vote without a device, and to show that nobody votes in another’s place",
        ),
        ground: Ground::PublicTask,
        kept: words(
            "le lien avec la personne : jusqu’à la destruction de la clé du scrutin (identity.poll_key_retention_days), ou son \
             effacement ; le reste aussi longtemps que le scrutin",
            "the link to the person: until the key of the poll is destroyed (identity.poll_key_retention_days), or they are erased; \
             the rest as long as the poll",
        ),
        recipients: words(
            "administrateurs et auditeurs ; le nombre par jour est public",
            "administrators and auditors; the number by day is public",
        ),
        security: words(
            "code à usage unique dont seule l’empreinte est gardée, dix minutes ; rien ne relie la visite au bulletin",
            "a one-time code of which only the hash is kept, for ten minutes; nothing links the visit to the ballot",
        ),
        tables: &[table(
            "identity.desk_visits",
            "member_id opened_by opened_by_person confirmed_by confirmed_by_person day open_time code_lookup",
            "visit_id organization_id poll_id expire_time shuffled",
        )],
    },
];
