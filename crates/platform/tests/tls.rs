//! TLS between services, over real servers and real files: who is refused, and what a renewal does.
#![allow(clippy::unwrap_used, reason = "tests, and what they call")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use comitia_bus::InProcess;
use comitia_core::{Clock, task};
use comitia_platform::Runtime;
use comitia_platform::grpc::{self, AddressError, Client, Endpoints};
use comitia_platform::runtime::ServiceKeys;
use comitia_platform::tls::{Tls, TlsConfig};
use comitia_testkit::{Authority, Issued, TlsFiles, wait_until};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::{TcpListener, TcpStream};
use tonic::service::Routes;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Identity};
use tonic::{Code, Status, Streaming};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

const PATIENCE: Duration = Duration::from_secs(20);
const NAMES: [&str; 2] = ["localhost", "127.0.0.1"];

fn config(files: &TlsFiles) -> TlsConfig {
    TlsConfig {
        certificate_file: files.certificate(),
        key_file: files.key(),
        ca_file: files.ca(),
        look_every_ms: 5,
    }
}

/// A service with TLS whose files the test holds.
struct Service {
    runtime: Runtime,
    address: SocketAddr,
    files: TlsFiles,
}

impl Service {
    async fn start(issued: &Issued, authorities: &[&Authority]) -> Self {
        let files = TlsFiles::new(issued, authorities).unwrap();
        let clock = Clock::system();
        let tls = Tls::start(config(&files), clock.clone()).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let runtime = Runtime::with_tls(
            clock.clone(),
            Arc::new(InProcess::new(clock.clone())),
            Arc::new(comitia_cache::InProcess::new(clock)),
            Endpoints { identity: format!("https://{address}"), ..Endpoints::default() },
            ServiceKeys::default(),
            Some(tls),
        )
        .unwrap();
        let served = runtime.clone();
        task::spawn("service", async move {
            grpc::serve("voting", listener, Routes::default(), &served).await.unwrap();
        });
        Self { runtime, address, files }
    }

    /// A channel as this process has them: with its own files.
    fn client(&self) -> Client {
        self.runtime.connect(&format!("https://{}", self.address)).unwrap()
    }

    /// The certificate that it shows to `caller`.
    async fn shown(&self, caller: &Issued, authorities: &[&Authority]) -> CertificateDer<'static> {
        let mut roots = RootCertStore::empty();
        for authority in authorities {
            roots.add(certificate(&authority.certificate)).unwrap();
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let key = PrivateKeyDer::from_pem_slice(caller.key.as_bytes()).unwrap();
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_client_auth_cert(vec![certificate(&caller.certificate)], key)
            .unwrap();
        let stream = TcpStream::connect(self.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let stream = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
        stream.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned()
    }
}

fn certificate(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
}

async fn ask(client: Client) -> Result<(), Status> {
    HealthClient::new(client).check(HealthCheckRequest::default()).await.map(drop)
}

/// A call by somebody who is no process of the installation.
async fn ask_as(
    address: SocketAddr,
    believed: &Authority,
    caller: Option<&Issued>,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(&believed.certificate));
    if let Some(caller) = caller {
        tls = tls.identity(Identity::from_pem(&caller.certificate, &caller.key));
    }
    let channel = Channel::from_shared(format!("https://{address}"))?.tls_config(tls)?.connect().await?;
    HealthClient::new(channel).check(HealthCheckRequest::default()).await?;
    Ok(())
}

async fn watch(client: Client) -> Streaming<HealthCheckResponse> {
    let request = HealthCheckRequest { service: "voting".into() };
    let mut stream = HealthClient::new(client).watch(request).await.unwrap().into_inner();
    assert_eq!(stream.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    stream
}

#[tokio::test]
async fn only_callers_with_a_certificate_of_the_installation_are_taken() {
    let (ours, other) = (Authority::new().unwrap(), Authority::new().unwrap());
    let service = Service::start(&ours.issue(&NAMES).unwrap(), &[&ours]).await;

    ask(service.client()).await.unwrap();
    let friend = ours.issue(&["comitia-gateway"]).unwrap();
    ask_as(service.address, &ours, Some(&friend)).await.unwrap();

    ask_as(service.address, &ours, None).await.unwrap_err();
    ask_as(service.address, &ours, Some(&other.issue(&NAMES).unwrap())).await.unwrap_err();
    ask_as(service.address, &ours, Some(&ours.issue_until(&NAMES, 2001).unwrap())).await.unwrap_err();
    let plain = grpc::connect(&format!("http://{}", service.address), None).unwrap();
    ask(plain).await.unwrap_err();
    // Who was refused has not hurt the others.
    ask_as(service.address, &ours, Some(&friend)).await.unwrap();
}

#[tokio::test]
async fn a_server_is_believed_by_its_authority_and_its_name() {
    let (ours, other) = (Authority::new().unwrap(), Authority::new().unwrap());
    let impostor = Service::start(&other.issue(&NAMES).unwrap(), &[&other, &ours]).await;
    let elsewhere = Service::start(&ours.issue(&["comitia-budgets"]).unwrap(), &[&ours]).await;
    let service = Service::start(&ours.issue(&NAMES).unwrap(), &[&ours]).await;
    for wrong in [&impostor, &elsewhere] {
        let client = service.runtime.connect(&format!("https://{}", wrong.address)).unwrap();
        assert_eq!(ask(client).await.unwrap_err().code(), Code::Unavailable);
    }
}

#[tokio::test]
async fn a_renewed_certificate_is_used_from_then_on_and_calls_go_on() {
    let ours = Authority::new().unwrap();
    let (first, second) = (ours.issue(&NAMES).unwrap(), ours.issue(&NAMES).unwrap());
    let caller = ours.issue(&["comitia-gateway"]).unwrap();
    let service = Service::start(&first, &[&ours]).await;
    let client = service.client();
    let mut open = watch(client.clone()).await;
    assert_eq!(service.shown(&caller, &[&ours]).await, certificate(&first.certificate));

    service.files.write(&second, &[&ours]).unwrap();
    wait_until("the new certificate", PATIENCE, async || {
        service.shown(&caller, &[&ours]).await == certificate(&second.certificate)
    })
    .await;
    ask(client).await.unwrap();
    service.runtime.health.drain();
    assert_eq!(open.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
}

#[tokio::test]
async fn files_that_cannot_be_used_leave_the_earlier_certificate() {
    let (ours, other) = (Authority::new().unwrap(), Authority::new().unwrap());
    let (first, second) = (ours.issue(&NAMES).unwrap(), ours.issue(&NAMES).unwrap());
    let caller = ours.issue(&["comitia-gateway"]).unwrap();
    let service = Service::start(&first, &[&ours]).await;

    // No certificate, one with another's key, one of another authority, one that has ended. Nor do two that follow each
    // other make a good one while the files are written.
    let broken = [
        Issued { certificate: "nothing".into(), key: second.key.clone() },
        Issued { certificate: first.certificate.clone(), key: second.key.clone() },
        other.issue(&NAMES).unwrap(),
        ours.issue_until(&NAMES, 2001).unwrap(),
    ];
    for issued in broken {
        let refused = Tls::start(config(&TlsFiles::new(&issued, &[&ours]).unwrap()), Clock::system()).await;
        assert!(refused.unwrap_err().to_string().contains("certificate_file"));
        service.files.write(&issued, &[&ours]).unwrap();
        // Some looks later.
        for _ in 0..20 {
            assert_eq!(service.shown(&caller, &[&ours]).await, certificate(&first.certificate));
            ask(service.client()).await.unwrap();
        }
    }
    std::fs::remove_file(service.files.ca()).unwrap();
    ask(service.client()).await.unwrap();
    service.files.write(&second, &[&ours]).unwrap();
    wait_until("the good certificate", PATIENCE, async || {
        service.shown(&caller, &[&ours]).await == certificate(&second.certificate)
    })
    .await;
}

#[tokio::test]
async fn the_authority_is_changed_without_a_call_that_fails() {
    let (old, new) = (Authority::new().unwrap(), Authority::new().unwrap());
    let (first, second) = (old.issue(&NAMES).unwrap(), new.issue(&NAMES).unwrap());
    let service = Service::start(&first, &[&old]).await;
    let client = service.client();
    let open = watch(client.clone()).await;
    let taken = async |caller: &Issued, believed: &Authority| {
        wait_until("the caller to be taken", PATIENCE, async || {
            ask(client.clone()).await.unwrap();
            ask_as(service.address, believed, Some(caller)).await.is_ok()
        })
        .await;
    };

    service.files.write(&first, &[&old, &new]).unwrap();
    taken(&second, &old).await;
    service.files.write(&second, &[&old, &new]).unwrap();
    taken(&first, &new).await;
    service.files.write(&second, &[&new]).unwrap();
    wait_until("the old authority to be forgotten", PATIENCE, async || {
        ask(client.clone()).await.unwrap();
        ask_as(service.address, &new, Some(&first)).await.is_err()
    })
    .await;
    ask(service.client()).await.unwrap();
    drop(open);
}

#[tokio::test]
async fn files_and_addresses_that_cannot_work_are_named() {
    let ours = Authority::new().unwrap();
    let files = TlsFiles::new(&ours.issue(&NAMES).unwrap(), &[&ours]).unwrap();
    let start = async |config| Tls::start(config, Clock::system()).await;
    let tls = start(config(&files)).await.unwrap();
    assert!(matches!(grpc::connect("http://comitia-voting:7005", Some(&tls)), Err(AddressError::Scheme(_))));
    assert!(matches!(grpc::connect("https://comitia-voting:7005", None), Err(AddressError::Scheme(_))));
    assert!(matches!(grpc::connect("comitia-voting:7005", None), Err(AddressError::Invalid(_))));

    let missing = TlsConfig { key_file: "/nowhere/tls.key".into(), ..config(&files) };
    assert!(start(missing).await.unwrap_err().to_string().contains("/nowhere/tls.key"));
    let no_ca = TlsConfig { ca_file: files.key(), ..config(&files) };
    assert!(start(no_ca).await.unwrap_err().to_string().contains("ca_file"));
    let no_key = TlsConfig { key_file: files.ca(), ..config(&files) };
    assert!(start(no_key).await.unwrap_err().to_string().contains("key_file"));
}
