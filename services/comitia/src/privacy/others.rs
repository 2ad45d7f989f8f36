//! What people write, what the team does, and what every service keeps for a while.

use super::{Ground, Kind, table, words};
use crate::process::Service;

pub(super) const KINDS: &[Kind] = &[
    Kind {
        id: "proposals",
        service: Some(Service::Proposals),
        title: words("Propositions et modération", "Proposals and moderation"),
        people: words("auteurs ; modérateurs", "authors; moderators"),
        data: words(
            "texte, lieu, pseudonyme et nom affiché de l’auteur ; décisions de modération, leur motif, le modérateur",
            "text, place, the author’s pseudonym and display name; decisions of moderation, their reasons, the moderator",
        ),
        purpose: words("recueillir des propositions et en débattre", "to collect and debate proposals"),
        ground: Ground::Opinion,
        kept: words(
            "sans limite, publié ; le nom de l’auteur : jusqu’à ce qu’il efface son compte",
            "without limit, published; the author’s name: until they erase their account",
        ),
        recipients: words(
            "tout le monde ; une proposition masquée : son auteur et l’équipe",
            "everybody; a hidden proposal: its author and the team",
        ),
        security: words(
            "le pseudonyme de l’auteur n’est pas celui de ses votes",
            "an author’s pseudonym is not that of their votes",
        ),
        tables: &[
            table(
                "proposals.proposals",
                "title body place_address place_latitude place_longitude author author_kind author_name association_id hidden_reason",
                "proposal_id organization_id process_id area_code category state answer estimated_cost revision create_time update_time",
            ),
            table("proposals.words", "words", "proposal_id process_id version dictionaries"),
            table(
                "proposals.moderations",
                "moderator reason create_time",
                "moderation_id organization_id proposal_id hidden",
            ),
            table("proposals.erased_authors", "author", "organization_id"),
        ],
    },
    Kind {
        id: "log-of-the-organization",
        service: Some(Service::Spaces),
        title: words("Journal de l’organisation", "Log of the organization"),
        people: words("agents", "staff members"),
        data: words(
            "qui a fait quoi, quand, et ce qui a changé ; jamais le nom, le numéro ou l’adresse d’un habitant",
            "who did what, when, and what changed; never a resident’s name, number or address",
        ),
        purpose: words("rendre compte de ce que fait l’équipe", "to account for what the team does"),
        ground: Ground::Security,
        kept: words(
            "sans limite. Aucune durée automatique : à fixer par l’organisation.",
            "without limit. No automatic period: the organization sets one.",
        ),
        recipients: words("administrateurs et auditeurs", "administrators and auditors"),
        security: words(
            "ne peut être ni modifié ni vidé par le service",
            "the service can neither change nor empty it",
        ),
        tables: &[
            table(
                "spaces.acts",
                "actor act_time method resource fields befores afters",
                "act_id organization_id",
            ),
            table("spaces.act_words", "word", "act_id organization_id"),
        ],
    },
    Kind {
        id: "site",
        service: Some(Service::Spaces),
        title: words(
            "Site de l’organisation, photos et documents",
            "The organization’s site, photos and documents",
        ),
        people: words(
            "personnes que l’organisation nomme ou montre ; agents qui ajoutent un fichier",
            "people whom the organization names or shows; staff who add a file",
        ),
        data: words(
            "adresse de contact, mentions légales, photos et documents, pseudonyme de l’agent",
            "contact address, legal notice, photos and documents, the staff member’s pseudonym",
        ),
        purpose: words("informer le public", "to inform the public"),
        ground: Ground::PublicTask,
        kept: words("jusqu’à ce que l’équipe les retire", "until the team removes them"),
        recipients: words(
            "tout le monde ; fichiers conservés : {spaces.files} ; recherche de virus : {spaces.files.scanner}",
            "everybody; files are kept in: {spaces.files}; scanned for viruses by: {spaces.files.scanner}",
        ),
        security: words(
            "les photos sont réencodées, sans lieu ni heure de prise de vue",
            "photos are encoded again, without the place and time at which they were taken",
        ),
        tables: &[
            table(
                "spaces.organizations",
                "contact_email",
                "organization_id display_name time_zone create_time languages country brand_color revision registration_open terms_version \
                 canonical_host_name",
            ),
            table("spaces.organization_texts", "body", "organization_id kind language"),
            table(
                "spaces.preview_links",
                "title",
                "preview_link_id organization_id process_id code_digest create_time expire_time",
            ),
            table(
                "spaces.attachments",
                "owner title alternative_text",
                "attachment_id organization_id process_id holder_kind other_id holder_id report_id kind position media_type byte_count \
                 sha256 widths heights create_time update_time",
            ),
        ],
    },
    Kind {
        id: "proposal-files",
        service: Some(Service::Spaces),
        title: words("Photos et documents des propositions", "Photos and documents of proposals"),
        people: words("auteurs ; personnes que les fichiers montrent", "authors; people whom the files show"),
        data: words(
            "photos et documents, leurs titres, pseudonyme de l’auteur ; titre d’un fichier que l’équipe a retiré, et pourquoi",
            "photos and documents, their titles, the author’s pseudonym; the title of a file that the team has removed, and why",
        ),
        purpose: words("illustrer une proposition", "to illustrate a proposal"),
        ground: Ground::Opinion,
        kept: words(
            "jusqu’à ce que l’auteur ou l’équipe les retire, ou que l’auteur efface son compte ; le pseudonyme d’un compte effacé : sans limite",
            "until the author or the team removes them, or the author erases their account; the pseudonym of an erased account: without \
             limit",
        ),
        recipients: words(
            "tout le monde ; ceux d’une proposition masquée, et les retraits : son auteur et l’équipe ; fichiers conservés : {spaces.files} ; \
             recherche de virus : {spaces.files.scanner}",
            "everybody; those of a hidden proposal, and removals: its author and the team; files are kept in: {spaces.files}; scanned for \
             viruses by: {spaces.files.scanner}",
        ),
        security: words(
            "les photos sont réencodées, sans lieu ni heure de prise de vue",
            "photos are encoded again, without the place and time at which they were taken",
        ),
        tables: &[
            table(
                "spaces.removed_attachments",
                "owner title reason remove_time",
                "attachment_id organization_id holder_id",
            ),
            table("spaces.erased_authors", "author", "organization_id"),
        ],
    },
    Kind {
        id: "checklists",
        service: Some(Service::Budgets),
        title: words(
            "Listes de contrôle et reports de clôture signés à deux",
            "Checklists and later closes that two people sign off",
        ),
        people: words("agents", "staff members"),
        data: words(
            "qui a coché, signé ou reporté, quand, une note ou un motif",
            "who ticked, signed off or moved the close, when, a note or a reason",
        ),
        purpose: words(
            "ouvrir un vote à deux, et reporter sa clôture à deux",
            "to have two people open a vote, and two move its close",
        ),
        ground: Ground::Security,
        kept: words("sans limite, avec le budget", "without limit, with the budget"),
        recipients: words("l’équipe et les auditeurs", "the team and auditors"),
        security: words("deux personnes différentes", "two different people"),
        tables: &[
            table(
                "budgets.checklist_items",
                "note changed_by change_time",
                "budget_id item organization_id state",
            ),
            table(
                "budgets.vote_extensions",
                "reason proposed_by propose_time done_by done_time",
                "extension_id budget_id organization_id poll_id close_time by_two",
            ),
            table(
                "budgets.sign_offs",
                "signed_by sign_time withdraw_time",
                "sign_off_id budget_id organization_id withdrawn_for",
            ),
        ],
    },
    Kind {
        id: "repeated-requests",
        service: None,
        title: words("Réponses gardées pour une requête répétée", "Answers kept for repeated requests"),
        people: words("personnes et agents qui écrivent", "people and staff who write"),
        data: words(
            "pseudonyme de l’appelant, empreinte de la requête, réponse, l’heure ronde",
            "the caller’s pseudonym, a digest of the request, the answer, the full hour",
        ),
        purpose: words(
            "qu’une requête renvoyée après une panne n’ait pas deux effets",
            "that a request sent again after a failure has one effect",
        ),
        ground: Ground::Security,
        kept: words("{kept answers}", "{kept answers}"),
        recipients: words("l’appelant lui-même", "the caller alone"),
        security: words("les codes sont retirés des réponses gardées", "codes are removed from kept answers"),
        tables: &[table(
            "*.requests",
            "caller request_sha256 response create_time",
            "organization_id method request_id",
        )],
    },
    Kind {
        id: "events",
        service: None,
        title: words("Événements entre services", "Events between services"),
        people: words("auteurs et agents, sous un pseudonyme", "authors and staff, under pseudonyms"),
        data: words(
            "pseudonyme d’un auteur et son nom affiché quand il change ; acte d’un agent ; jamais un bulletin ni un pseudonyme de vote",
            "an author’s pseudonym, and the display name when it changes; an act of a staff member; never a ballot or a pseudonym of a vote",
        ),
        purpose: words(
            "faire suivre un changement d’un service à l’autre",
            "to pass a change from one service to another",
        ),
        ground: Ground::PublicTask,
        kept: words("jusqu’à leur remise, quelques secondes", "until they are delivered: a few seconds"),
        recipients: words(
            "les services de l’installation ; messagerie : {common.bus}",
            "the services of the installation; bus: {common.bus}",
        ),
        security: words(
            "écrits dans la transaction du changement",
            "written in the transaction of the change",
        ),
        tables: &[table(
            "*.outbox",
            "subject payload trace_parent trace_state",
            "sequence id routing_key organization_id time created_at",
        )],
    },
];
