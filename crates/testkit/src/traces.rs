//! A receiver of OTLP traces.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::codec::CompressionEncoding;
use tonic::{Request, Response, Status};

/// A span and the service that sent it.
#[derive(Clone, Debug)]
pub struct ReceivedSpan {
    /// The `service.name` of the resource; empty when it has none.
    pub service: String,
    /// The span as it was sent.
    pub span: Span,
}

impl ReceivedSpan {
    /// The trace's id in hexadecimal.
    #[must_use]
    pub fn trace_id(&self) -> String {
        hex::encode(&self.span.trace_id)
    }
}

/// An OTLP endpoint (gRPC) that keeps the spans it is sent. It ends with the value.
#[derive(Debug)]
pub struct TraceReceiver {
    address: SocketAddr,
    spans: Received,
    server: tokio::task::JoinHandle<()>,
}

type Received = Arc<Mutex<Vec<ReceivedSpan>>>;

impl TraceReceiver {
    /// Starts it on a free port of loopback.
    ///
    /// # Errors
    /// When the machine gives no port.
    pub async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("binding the trace receiver")?;
        let address = listener.local_addr()?;
        let spans = Received::default();
        let service = TraceServiceServer::new(Collector(Arc::clone(&spans)))
            .accept_compressed(CompressionEncoding::Gzip)
            .max_decoding_message_size(64 << 20);
        let server = comitia_core::task::spawn("trace receiver", async move {
            let incoming = TcpListenerStream::new(listener);
            // Ends when the task is aborted; a connection's failure is the sender's business.
            let _ =
                tonic::transport::Server::builder().add_service(service).serve_with_incoming(incoming).await;
        });
        Ok(Self { address, spans, server })
    }

    /// The value for `OTEL_EXPORTER_OTLP_ENDPOINT` (protocol `grpc`).
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All spans received so far.
    #[must_use]
    pub fn spans(&self) -> Vec<ReceivedSpan> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for TraceReceiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

struct Collector(Received);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let mut received = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for group in request.into_inner().resource_spans {
            let attributes = group.resource.map(|resource| resource.attributes).unwrap_or_default();
            let service = attributes
                .into_iter()
                .find(|attribute| attribute.key == "service.name")
                .and_then(|attribute| attribute.value?.value)
                .and_then(|value| if let Value::StringValue(name) = value { Some(name) } else { None })
                .unwrap_or_default();
            let spans = group.scope_spans.into_iter().flat_map(|scope| scope.spans);
            received.extend(spans.map(|span| ReceivedSpan { service: service.clone(), span }));
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
    use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans};

    use super::*;

    #[tokio::test]
    async fn a_span_that_was_sent_is_seen() {
        let receiver = TraceReceiver::start().await.unwrap();
        let mut client = TraceServiceClient::connect(receiver.endpoint()).await.unwrap();
        let span = Span { trace_id: vec![0xab; 16], name: "cast".to_owned(), ..Span::default() };
        let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
        let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
        client.export(ExportTraceServiceRequest { resource_spans }).await.unwrap();
        let spans = receiver.spans();
        assert_eq!(spans.len(), 1);
        assert_eq!(spans[0].span.name, "cast");
        assert_eq!(spans[0].trace_id(), "ab".repeat(16));
    }
}
