//! What is in no table: in browsers, in memory, in the cache, at others.

use super::{Ground, Kind, words};
use crate::process::Service;

pub(super) const KINDS: &[Kind] = &[
    Kind {
        id: "providers",
        service: Some(Service::Identity),
        title: words("Signer par un fournisseur d’identité", "Signing by an identity provider"),
        people: words("signataires", "signers"),
        data: words(
            "l’identifiant que le fournisseur donne, et la date de naissance si la pétition a un âge minimum",
            "the identifier that the provider gives, and the birth date where the petition has a minimum age",
        ),
        purpose: words(
            "une personne, une signature, sans compte",
            "one person, one signature, without an account",
        ),
        ground: Ground::Opinion,
        kept: words(
            "le temps d’une requête, en mémoire ; rien n’est enregistré, pas même une empreinte. Le navigateur garde entre-temps un cookie \
             scellé, {provider sign-ins} au plus.",
            "for one request, in memory; nothing is stored, not even a hash. The browser keeps a sealed cookie meanwhile, \
             {provider sign-ins} at the most.",
        ),
        recipients: words(
            "fournisseurs configurés : {identity.providers}. Ils savent que la personne vient ici, et non ce qu’elle signe.",
            "configured providers: {identity.providers}. They know that the person comes here, and not what they sign.",
        ),
        security: words(
            "jetons signés et vérifiés ; droit de signer anonyme, valable {identity.permit_seconds}",
            "tokens are signed and checked; an anonymous permit, good for {identity.permit_seconds}",
        ),
        tables: &[],
    },
    Kind {
        id: "attempts",
        service: Some(Service::Identity),
        title: words("Limites des essais", "Limits of attempts"),
        people: words(
            "personnes qui se connectent ou demandent un droit",
            "people who sign in or ask for a permit",
        ),
        data: words(
            "empreinte à clé de l’adresse du réseau et de la personne essayée, nombre d’essais",
            "keyed hash of the network address and of the person tried, number of attempts",
        ),
        purpose: words("empêcher de deviner les codes", "to keep codes from being guessed"),
        ground: Ground::Security,
        kept: words(
            "{attempts} pour les codes, une heure pour l’envoi de codes et les droits ouverts à tous",
            "{attempts} for codes, an hour for sending codes and for permits that are open to anyone",
        ),
        recipients: words("personne ; cache : {common.cache}", "nobody; cache: {common.cache}"),
        security: words(
            "aucune adresse dans le cache, seulement des empreintes à clé",
            "no address in the cache, only keyed hashes",
        ),
        tables: &[],
    },
    Kind {
        id: "addresses",
        service: Some(Service::Gateway),
        title: words("Adresses du réseau", "Network addresses"),
        people: words("visiteurs", "visitors"),
        data: words("adresse du réseau (IPv6 : le /64)", "network address (IPv6: the /64)"),
        purpose: words(
            "répartir équitablement la capacité et résister aux attaques",
            "to share capacity fairly and to withstand attacks",
        ),
        ground: Ground::Security,
        kept: words(
            "en mémoire pendant la connexion ; dans le cache, une empreinte à clé, {gateway.rate_limits} au plus",
            "in memory while the connection is open; in the cache a keyed hash, {gateway.rate_limits} at the most",
        ),
        recipients: words("personne ; cache : {common.cache}", "nobody; cache: {common.cache}"),
        security: words(
            "pas de journal des accès ici ; celui d’un serveur placé devant est à régler par l’exploitant (docs/security.md)",
            "no access log here; that of a proxy in front is the operator’s to set (docs/security.md)",
        ),
        tables: &[],
    },
    Kind {
        id: "cookies",
        service: Some(Service::Portal),
        title: words("Cookies et pages", "Cookies and pages"),
        people: words("visiteurs et personnes connectées", "visitors and people who are signed in"),
        data: words(
            "la session, scellée, dans le navigateur ; les fichiers de listes en cours de vérification, scellés, dans le cache",
            "the session, sealed, in the browser; files of rolls that are being checked, sealed, in the cache",
        ),
        purpose: words(
            "rester connecté ; vérifier une liste avant de la charger",
            "to stay signed in; to check a roll before it is loaded",
        ),
        ground: Ground::PublicTask,
        kept: words(
            "le cookie : la durée de la session ; un fichier en attente : {waiting files}. Aucun cookie de mesure d’audience ni de tiers.",
            "the cookie: as long as the session; a file that waits: {waiting files}. No cookie for statistics, and none of others.",
        ),
        recipients: words(
            "personne ; quand la personne ouvre une carte, son navigateur charge le fond depuis : {portal.tiles}",
            "nobody; when a person opens a map, the browser loads its background from: {portal.tiles}",
        ),
        security: words(
            "chiffré et authentifié (AES-256-GCM), lié à l’organisation, hors de portée des scripts",
            "encrypted and authenticated (AES-256-GCM), bound to the organization, out of reach of scripts",
        ),
        tables: &[],
    },
];
