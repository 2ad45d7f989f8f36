//! What people express: ballots, signatures, and the pseudonyms that they are stored under.

use super::{Ground, Kind, table, words};
use crate::process::Service;

pub(super) const KINDS: &[Kind] = &[
    Kind {
        id: "pseudonyms",
        service: Some(Service::Identity),
        title: words(
            "Clés des pseudonymes de vote et de signature",
            "Keys of the pseudonyms of votes and signatures",
        ),
        people: words("personnes qui votent ou signent", "people who vote or sign"),
        data: words(
            "une clé par vote ou pétition ; avec elle et l’identité d’une personne se calcule son pseudonyme dans ce vote, et là seulement",
            "one key for each poll or petition; with it and a person’s identity one works out their pseudonym there, and nowhere else",
        ),
        purpose: words(
            "une personne, une voix ; une personne, une signature",
            "one person, one vote; one person, one signature",
        ),
        ground: Ground::Opinion,
        kept: words(
            "{identity.poll_key_retention_days} après la clôture ; ensuite personne, avec aucune donnée, ne peut plus dire à qui est un \
             bulletin ou une signature",
            "{identity.poll_key_retention_days} after the close; from then on nobody, with any data, can tell whose a ballot or a \
             signature was",
        ),
        recipients: words("personne", "nobody"),
        security: words(
            "clé chiffrée dans la base ; identité et bulletins dans des services et des bases séparés",
            "the key is encrypted in the database; identity and ballots are in separate services and databases",
        ),
        tables: &[table(
            "identity.polls",
            "poll_key",
            "poll_id organization_id roll_id districts minimum_age open_time close_time create_time time_zone paper_close_time basis \
             providers provider_level paused last_act ended",
        )],
    },
    Kind {
        id: "ballots",
        service: Some(Service::Voting),
        title: words("Bulletins et signatures", "Ballots and signatures"),
        people: words("personnes qui votent ou signent", "people who vote or sign"),
        data: words(
            "bulletin sous un pseudonyme propre à ce vote, secteur, papier ou en ligne, nombre de changements, empreinte d’un secret de \
             l’appareil, codes de suivi ; aucune heure",
            "ballot under a pseudonym of this poll, district, on paper or online, number of changes, hash of a secret of the device, \
             tracking codes; no time",
        ),
        purpose: words(
            "compter, et permettre à chacun de vérifier le compte",
            "to count, and to let everybody check the count",
        ),
        ground: Ground::Opinion,
        kept: words(
            "sans limite, pour pouvoir recompter ; anonyme dès que la clé du vote est détruite \
             ({identity.poll_key_retention_days} après la clôture)",
            "without limit, so that the result can be counted again; anonymous once the poll’s key is destroyed \
             ({identity.poll_key_retention_days} after the close)",
        ),
        recipients: words(
            "tout le monde, après la clôture : les bulletins sans pseudonyme, par groupes de {voting.smallest_group} au moins",
            "everybody, after the close: ballots without pseudonyms, in groups of {voting.smallest_group} or more",
        ),
        security: words(
            "voté avec un droit anonyme, sans session, cookie ni adresse ; un bulletin ne peut être effacé par le service",
            "cast with an anonymous permit, without session, cookie or address; the service cannot delete a ballot",
        ),
        tables: &[
            table(
                "voting.ballots",
                "nullifier ballot district paper revision cast_digest arrival_order",
                "poll_id",
            ),
            table("voting.withdrawals", "nullifier secret_digest", "poll_id"),
            table("voting.tracking_codes", "codes", "poll_id organization_id page"),
        ],
    },
    Kind {
        id: "signature-logs",
        service: Some(Service::Voting),
        title: words("Journaux publics des signatures", "Public logs of signatures"),
        people: words("signataires", "signers"),
        data: words(
            "par signature : un identifiant tiré du reçu, la minute, le secteur si la pétition le publie, le retrait ; rien de la personne",
            "for each signature: an identifier made from the receipt, the minute, the district where the petition publishes it, its \
             withdrawal; nothing of the person",
        ),
        purpose: words(
            "permettre à chacun de recompter une pétition, et à chaque signataire de retrouver sa signature",
            "to let everybody count a petition again, and each signer find their signature",
        ),
        ground: Ground::Opinion,
        kept: words(
            "sans limite, publié ; l’attente avant l’inscription : quelques secondes",
            "without limit, published; the wait before an entry: a few seconds",
        ),
        recipients: words("tout le monde", "everybody"),
        security: words(
            "l’identifiant ne mène au pseudonyme qu’avec une clé du service (voting.receipt_key)",
            "the identifier leads to the pseudonym only with a key of the service (voting.receipt_key)",
        ),
        tables: &[
            table(
                "voting.log_waiting",
                "nullifier cast_digest district paper minute withdrawal transaction",
                "poll_id",
            ),
            table("voting.log_leaves", "identifier leaf", "poll_id"),
            table("voting.log_tiles", "bytes", "poll_id organization_id level tile"),
        ],
    },
    Kind {
        id: "paper-forms",
        service: Some(Service::Voting),
        title: words("Bulletins sur papier", "Paper ballots"),
        people: words(
            "personnes qui votent sur papier ; agents qui saisissent",
            "people who vote on paper; officers who enter ballots",
        ),
        data: words(
            "les deux saisies de chaque formulaire sous un pseudonyme, les numéros des formulaires refusés, les agents d’un lot",
            "the two entries of each form under a pseudonym, the numbers of refused forms, the officers of a batch",
        ),
        purpose: words("saisir deux fois, comparer, compter", "to enter twice, compare and count"),
        ground: Ground::Opinion,
        kept: words(
            "les formulaires : jusqu’à ce que le lot soit compté ou écarté, {paper forms} après le délai du papier au plus tard ; l’issue \
             du lot : sans limite",
            "forms: until the batch is counted or set aside, {paper forms} after the deadline for paper at the latest; the outcome of a \
             batch: without limit",
        ),
        recipients: words("les deux agents du lot ; auditeurs", "the two officers of the batch; auditors"),
        security: words(
            "deux personnes ; du décompte, le jour et non l’heure",
            "two people; of a count the day and no time",
        ),
        tables: &[
            table(
                "voting.paper_forms",
                "form_number position nullifier district ballot",
                "batch_id organization_id entry",
            ),
            table(
                "voting.paper_batches",
                "first_officer second_officer aside_officer aside_reason aside_second_officer commit_date",
                "id organization_id poll_id title create_time first_entry_count second_entry_count counted_count blank_count invalid_count",
            ),
            table("voting.paper_rejections", "form_number position", "batch_id organization_id reason"),
        ],
    },
    Kind {
        id: "acts-on-polls",
        service: Some(Service::Voting),
        title: words("Actes sur les votes et les pétitions", "Acts on polls and petitions"),
        people: words("agents", "staff members"),
        data: words(
            "qui a suspendu, repris, prolongé, clos, annulé ou corrigé, quand et pourquoi",
            "who paused, resumed, extended, closed, called off or corrected, when and why",
        ),
        purpose: words("rendre compte de ce qui change un vote", "to account for what changes a poll"),
        ground: Ground::Security,
        kept: words("sans limite, avec le vote", "without limit, with the poll"),
        recipients: words(
            "le motif et l’heure : tout le monde ; l’agent : administrateurs et auditeurs",
            "reason and time: everybody; the officer: administrators and auditors",
        ),
        security: words("ne peut être réécrit par le service", "cannot be rewritten by the service"),
        tables: &[
            table(
                "voting.poll_acts",
                "officer reason act_time",
                "poll_id organization_id number kind close_time previous_close_time",
            ),
            table(
                "voting.log_corrections",
                "officer second_officer reason propose_time",
                "id poll_id organization_id act earlier first_leaf end_leaf first_minute end_minute paper district dropped number leaf \
                 minute signature_count districts district_counts lost regained",
            ),
            table("voting.log_appeals", "note officer note_time", "poll_id organization_id number place"),
            table(
                "voting.polls",
                "call_off_officer call_off_reason annul_second_officer close_reason",
                "id organization_id title state open_time close_time recast_allowed eligibility definition create_time seal_digest \
                 seal_time seal_refusal codes_digest codes_count paper_close_time smallest_group sealed_turnout inner_digest \
                 early_close_time has_log paused first_close_time",
            ),
        ],
    },
];
