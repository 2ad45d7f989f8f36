//! Sending e-mail: by SMTP, or into a folder for development.

use std::path::PathBuf;

use chrono::TimeDelta;
use lettre::message::Mailbox;
use lettre::{AsyncFileTransport, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use opentelemetry::metrics::Counter;
use opentelemetry::{KeyValue, global};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::error::Error;

/// How e-mail is sent. One of `smtp_url` and `folder`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// `smtp://user:password@host:port` (`smtps://` for TLS from the start, `?tls=required` for STARTTLS).
    #[serde(default)]
    pub smtp_url: Option<SecretString>,
    /// A folder that each e-mail is written into as a file, for development.
    #[serde(default)]
    pub folder: Option<PathBuf>,
    /// The sender, such as `City of Łódź <vote@example.org>`.
    pub from: String,
}

/// The mail configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MailConfigError {
    /// Neither or both of the ways are configured.
    #[error("identity.mail needs one of smtp_url and folder")]
    OneWay,
    /// The sender is no mailbox.
    #[error("identity.mail.from must be a mailbox, such as `City <vote@example.org>`")]
    From,
    /// The URL is none.
    #[error("identity.mail.smtp_url is not a URL of an SMTP server")]
    Url,
}

/// Sends e-mail.
pub struct Mailer {
    from: Mailbox,
    way: Way,
    emails: Counter<u64>,
}

enum Way {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Folder(AsyncFileTransport<Tokio1Executor>),
}

impl Mailer {
    /// The mailer of this configuration.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn new(config: &MailConfig) -> Result<Self, MailConfigError> {
        let way = match (&config.smtp_url, &config.folder) {
            (Some(url), None) => Way::Smtp(
                AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose_secret())
                    .map_err(|_| MailConfigError::Url)?
                    .build(),
            ),
            (None, Some(folder)) => Way::Folder(AsyncFileTransport::new(folder)),
            _ => return Err(MailConfigError::OneWay),
        };
        let emails = global::meter("comitia")
            .u64_counter("comitia.identity.emails")
            .with_description("E-mails, by outcome: sent or failed")
            .build();
        Ok(Self { from: config.from.parse().map_err(|_| MailConfigError::From)?, way, emails })
    }

    /// Sends a one-time code, in French where `language` is that, else in English; to an address that several members share, with
    /// what they have to give besides.
    ///
    /// # Errors
    /// When the address is none, or the server does not take the message.
    pub async fn send_code(
        &self,
        to: &str,
        code: &str,
        lifetime: TimeDelta,
        shared: bool,
        language: &str,
    ) -> Result<(), Error> {
        let minutes = lifetime.num_minutes();
        let (subject, body) =
            if language == "fr" { french(code, minutes, shared) } else { english(code, minutes, shared) };
        self.send(to, subject, body).await
    }

    /// Tells a member that their access code was replaced.
    ///
    /// # Errors
    /// As [`Mailer::send_code`].
    pub async fn send_code_replaced(&self, to: &str) -> Result<(), Error> {
        let body = "The access code of your letter was replaced, because somebody reported that the letter was lost.\n\
             The earlier code is no longer good; the new one comes by letter.\n\n\
             If you did not ask for it, tell the office that runs the vote at once.\n";
        self.send(to, "Your access code was replaced", body.to_owned()).await
    }

    /// Tells a member that two officers let somebody vote in their name at the desk. Their language is not known: it is said in
    /// both.
    ///
    /// # Errors
    /// As [`Mailer::send_code`].
    pub async fn send_desk_visit(&self, to: &str) -> Result<(), Error> {
        let body = "Deux agents de la collectivité ont permis à une personne qui a présenté votre numéro et une pièce d’identité\n\
             de voter en votre nom au guichet.\n\n\
             Si ce n’était pas vous, prévenez tout de suite le service qui organise le vote. Le code de votre lettre reste\n\
             valable\u{a0}: là où le vote peut être changé, vous pouvez encore voter avec lui.\n\n\
             --\n\n\
             Two officers let a person who gave your number and showed an identity document vote in your name at the desk.\n\n\
             If it was not you, tell the office that runs the vote at once. The code of your letter stays valid: where the\n\
             vote can be changed, you can still vote with it.\n";
        self.send(to, "Vote au guichet / Vote at the desk", body.to_owned()).await
    }

    /// Tells the earlier address of a member that it was replaced.
    ///
    /// # Errors
    /// As [`Mailer::send_code`].
    pub async fn send_address_replaced(&self, to: &str) -> Result<(), Error> {
        let body = "The office that runs the vote has replaced this e-mail address in the electoral roll, or removed it.\n\
             It can no longer be used to sign in as the member whose it was.\n\n\
             If you did not ask for it, tell the office at once.\n";
        self.send(to, "Your e-mail address in the electoral roll", body.to_owned()).await
    }

    /// Tells a staff member what became of their passkeys. Their language is not known: it is said in both.
    ///
    /// # Errors
    /// As [`Mailer::send_code`].
    pub async fn send_passkey_news(&self, to: &str, news: PasskeyNews) -> Result<(), Error> {
        let (french, english) = news.texts();
        let body = format!(
            "{french}\n\nSi vous n’y êtes pour rien, prévenez tout de suite un administrateur de votre équipe.\n\n\
             --\n\n\
             {english}\n\nIf you do not know why, tell an administrator of your team at once.\n"
        );
        self.send(to, "Vos clés d’accès / Your passkeys", body).await
    }

    /// Tells a participant that a provider was linked to their account or removed from it, in the language that they read.
    ///
    /// # Errors
    /// As [`Mailer::send_code`].
    pub async fn send_link_news(
        &self,
        to: &str,
        provider: &str,
        linked: bool,
        language: &str,
    ) -> Result<(), Error> {
        let (subject, body) = match language {
            "fr" => french_link(provider, linked),
            _ => english_link(provider, linked),
        };
        self.send(to, subject, body).await
    }

    async fn send(&self, to: &str, subject: &str, body: String) -> Result<(), Error> {
        let message = Message::builder()
            .from(self.from.clone())
            .to(to.parse::<Mailbox>().map_err(|error| Error::Mail(Box::new(error)))?)
            .subject(subject)
            .body(body)
            .map_err(|error| Error::Mail(Box::new(error)))?;
        let sent = match &self.way {
            Way::Smtp(smtp) => {
                smtp.send(message).await.map(drop).map_err(|error| Error::Mail(Box::new(error)))
            }
            Way::Folder(folder) => {
                folder.send(message).await.map(drop).map_err(|error| Error::Mail(Box::new(error)))
            }
        };
        let outcome = if sent.is_ok() { "sent" } else { "failed" };
        self.emails.add(1, &[KeyValue::new("outcome", outcome)]);
        sent
    }
}

/// What became of the passkeys of a staff member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasskeyNews {
    /// They registered one.
    Added,
    /// They removed one.
    Removed,
    /// Somebody else removed all.
    Reset,
}

impl PasskeyNews {
    /// In French and in English.
    fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::Added => (
                "Une clé d’accès a été ajoutée à votre compte de l’équipe.",
                "A passkey was added to your account in the team.",
            ),
            Self::Removed => (
                "Une clé d’accès a été retirée de votre compte de l’équipe.",
                "A passkey was removed from your account in the team.",
            ),
            Self::Reset => (
                "Vos clés d’accès ont été réinitialisées par une autre personne de l’équipe ou par l’exploitant.\n\
                 Vos sessions ont pris fin. À votre prochaine connexion, le code envoyé par courriel suffira, ou bien une nouvelle\n\
                 clé vous sera demandée.",
                "Your passkeys were reset by somebody else of the team or by the operator.\n\
                 Your sessions have ended. When you next sign in, the code that comes by e-mail will do, or you will be asked for\n\
                 a new passkey.",
            ),
        }
    }
}

fn english_link(provider: &str, linked: bool) -> (&'static str, String) {
    let what = match linked {
        true => format!("You can sign in to your account with {provider} from now on."),
        false => format!("You can no longer sign in to your account with {provider}."),
    };
    let body = format!(
        "{what}\n\n\
         If you did not do this, sign in with a code by e-mail, end the other sessions of your account\n\
         and check its identity services.\n"
    );
    ("Signing in to your account", body)
}

fn french_link(provider: &str, linked: bool) -> (&'static str, String) {
    let what = match linked {
        true => format!("Vous pouvez désormais vous connecter à votre compte avec {provider}."),
        false => format!("Vous ne pouvez plus vous connecter à votre compte avec {provider}."),
    };
    let body = format!(
        "{what}\n\n\
         Si ce n’est pas vous, connectez-vous avec un code par courriel, mettez fin aux autres sessions\n\
         de votre compte et vérifiez ses services d’identité.\n"
    );
    ("Connexion à votre compte", body)
}

fn english(code: &str, minutes: i64, shared: bool) -> (&'static str, String) {
    let mut body = format!(
        "Your code to sign in: {code}\n\n\
         It can be used once, within {minutes} minutes. If you did not ask for it, ignore this message:\n\
         nobody can sign in without the code.\n"
    );
    if shared {
        body.push_str(
            "\nSeveral members of the electoral roll have this address:\n\
             give your member number with the code.\n",
        );
    }
    ("Your code to sign in", body)
}

fn french(code: &str, minutes: i64, shared: bool) -> (&'static str, String) {
    let mut body = format!(
        "Votre code de connexion\u{a0}: {code}\n\n\
         Il est utilisable une seule fois, dans les {minutes}\u{a0}minutes. Si vous ne l’avez pas demandé, ignorez\n\
         ce message\u{a0}: personne ne peut se connecter sans ce code.\n"
    );
    if shared {
        body.push_str(
            "\nPlusieurs personnes de la liste électorale ont cette adresse\u{a0}:\n\
             saisissez votre numéro avec le code.\n",
        );
    }
    ("Votre code de connexion", body)
}
