//! Services that speak TLS with each other, in the middle of a vote.

use std::time::Duration;

use comitia_platform::grpc;
use comitia_proto::identity::v1::GetKeySetRequest;
use comitia_proto::identity::v1::key_service_client::KeyServiceClient;
use comitia_testkit::{Authority, TlsFiles, wait_until};

use crate::cluster::Cluster;
use crate::journeys::{assert_complete, expected};

const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
async fn journey_certificates_are_renewed_in_the_middle_of_a_vote() {
    let authority = Authority::new().unwrap();
    let certificate = || authority.issue(&["127.0.0.1"]).unwrap();
    let files = TlsFiles::new(&certificate(), &[&authority]).unwrap();
    let cluster = Cluster::start_with_tls(2, &files).await;

    let identity = cluster.addresses("identity").remove(0).replace("https://", "http://");
    let stranger =
        KeyServiceClient::new(grpc::connect(&identity, None).unwrap()).get_key_set(GetKeySetRequest {}).await;
    stranger.unwrap_err();

    let (progress, vote) = cluster.vote(11, 600);
    wait_until("ballots", PATIENCE, async || progress.position() >= 100 || vote.is_finished()).await;
    assert!(!vote.is_finished(), "the vote ended before the certificates were renewed");
    files.write(&certificate(), &[&authority]).unwrap();
    for name in cluster.pids().keys() {
        wait_until(&format!("the new certificate of {name}"), PATIENCE, async || {
            cluster.log(name).contains("the new certificate of this process is used")
        })
        .await;
    }

    let report = vote.await.unwrap().unwrap();
    assert_complete(&report, 600);
    assert_eq!(report.selected, expected(11, 600));
}
