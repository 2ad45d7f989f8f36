//! Logs, traces and metrics. Traces and metrics go out by OTLP when the standard `OTEL_*` variables name an
//! endpoint (`OTEL_EXPORTER_OTLP_ENDPOINT`, or the forms for one signal); metrics are also on `/metrics`. Logs go
//! to standard error, as JSON when it is not a terminal, with the trace id.

use std::io::IsTerminal;

use comitia_core::environment;
use opentelemetry::trace::TracerProvider;
use opentelemetry::{KeyValue, global};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use prometheus::process_collector::ProcessCollector;
use prometheus::{Encoder, TextEncoder};
use tracing::{Level, Metadata};
use tracing_subscriber::filter::{FilterExt, FilterFn, LevelFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// Comes after every filter: the client of RabbitMQ logs whole events here when nobody subscribes to them,
/// and the relay says so in a line.
const RETURNED_MESSAGES: &str = "lapin::returned_messages=off";

/// At this level libraries log wire data: frames of the bus, rows, handshakes.
const WIRE: Level = Level::TRACE;

/// The telemetry of a process. Cheap to clone.
#[derive(Clone)]
pub struct Telemetry {
    registry: prometheus::Registry,
    meters: SdkMeterProvider,
    tracers: Option<SdkTracerProvider>,
}

/// Telemetry could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The OTLP exporter does not accept its settings.
    #[error("telemetry: OTLP exporter: {0}")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    /// The metrics cannot be registered.
    #[error("telemetry: metrics: {0}")]
    Metrics(#[from] opentelemetry_sdk::error::OTelSdkError),
    /// The process' own metrics cannot be registered.
    #[error("telemetry: metrics of the process: {0}")]
    Process(#[from] prometheus::Error),
    /// Another subscriber was installed before.
    #[error("telemetry: {0}")]
    Subscriber(#[from] tracing_subscriber::util::TryInitError),
}

impl Telemetry {
    /// Sets up logs, traces and metrics for the whole process; `service` is the default of `OTEL_SERVICE_NAME`.
    /// `default_filter` holds where `RUST_LOG` is not set.
    ///
    /// # Errors
    /// When an exporter does not accept its settings, or telemetry was set up before.
    pub fn start(service: &str, default_filter: &str) -> Result<Self, TelemetryError> {
        global::set_text_map_propagator(TraceContextPropagator::new());
        let resource = Resource::builder()
            .with_attribute(KeyValue::new(
                "service.name",
                environment::variable("OTEL_SERVICE_NAME").unwrap_or_else(|| service.to_owned()),
            ))
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();

        let registry = prometheus::Registry::new();
        // Memory, CPU, open files and the time of the start: of this process, and on `/metrics` alone.
        registry.register(Box::new(ProcessCollector::for_self()))?;
        let mut meters = SdkMeterProvider::builder()
            .with_resource(resource.clone())
            .with_reader(opentelemetry_prometheus::exporter().with_registry(registry.clone()).build()?);
        if wants("METRICS") {
            let exporter = opentelemetry_otlp::MetricExporter::builder().with_tonic().build()?;
            meters = meters.with_reader(PeriodicReader::builder(exporter).build());
        }
        let meters = meters.build();
        global::set_meter_provider(meters.clone());

        let tracers = if wants("TRACES") {
            let exporter = opentelemetry_otlp::SpanExporter::builder().with_tonic().build()?;
            let provider =
                SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build();
            global::set_tracer_provider(provider.clone());
            Some(provider)
        } else {
            None
        };

        log_to_stderr(default_filter, tracers.as_ref())?;
        Ok(Self { registry, meters, tracers })
    }

    /// The metrics in Prometheus' text format.
    #[must_use]
    pub fn prometheus_text(&self) -> String {
        let mut text = Vec::new();
        if let Err(error) = TextEncoder::new().encode(&self.registry.gather(), &mut text) {
            tracing::warn!(%error, "cannot encode metrics");
        }
        String::from_utf8(text).unwrap_or_default()
    }

    /// Sends what is still buffered. Blocks; call it from a blocking thread, last of all.
    pub fn flush(&self) {
        if let Some(tracers) = &self.tracers
            && let Err(error) = tracers.shutdown()
        {
            tracing::debug!(%error, "cannot flush traces");
        }
        if let Err(error) = self.meters.shutdown() {
            tracing::debug!(%error, "cannot flush metrics");
        }
    }
}

/// Logs go to the standard error: as text to a terminal, else as lines of JSON. Spans go to `tracers`.
fn log_to_stderr(default_filter: &str, tracers: Option<&SdkTracerProvider>) -> Result<(), TelemetryError> {
    let filter = filter(environment::variable("RUST_LOG").as_deref(), default_filter);
    let terminal = std::io::stderr().is_terminal();
    let plain = terminal
        .then(|| tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false).boxed());
    let json = (!terminal).then(|| {
        tracing_subscriber::fmt::layer()
            .json()
            .with_writer(std::io::stderr)
            .with_current_span(true)
            .with_span_list(false)
            .flatten_event(true)
            .boxed()
    });
    // A level, and no lower than that of the logs by default: where every filter turns down a record of the `log`
    // facade, tracing-subscriber forgets to reset its per-thread state, and the spans that follow are lost.
    let spans = tracers.map(|provider| {
        tracing_opentelemetry::layer().with_tracer(provider.tracer("comitia")).with_filter(LevelFilter::INFO)
    });
    tracing_subscriber::registry()
        .with(spans)
        .with(plain.with_filter(filter.clone().and(without_wire())))
        .with(json.with_filter(filter.and(without_wire())))
        .try_init()?;
    Ok(())
}

/// What is logged: by `own`, if that can be read, or else by `default`.
fn filter(own: Option<&str>, default: &str) -> EnvFilter {
    let quiet = |filter: &str| format!("{filter},{RETURNED_MESSAGES}");
    own.and_then(|own| EnvFilter::try_new(quiet(own)).ok()).unwrap_or_else(|| EnvFilter::new(quiet(default)))
}

/// Keeps the wire data of libraries out of the logs, whatever `RUST_LOG` says: it contains ballots, permits and codes.
fn without_wire() -> FilterFn {
    let shown =
        |metadata: &Metadata<'_>| *metadata.level() != WIRE || metadata.target().starts_with("comitia");
    filter_fn(shown as fn(&Metadata<'_>) -> bool).with_max_level_hint(LevelFilter::TRACE)
}

/// Whether the environment names an OTLP endpoint for this signal.
fn wants(signal: &str) -> bool {
    let disabled = environment::variable("OTEL_SDK_DISABLED").is_some_and(|value| value == "true");
    let off = environment::variable(&format!("OTEL_{signal}_EXPORTER")).is_some_and(|value| value == "none");
    !disabled
        && !off
        && (environment::variable("OTEL_EXPORTER_OTLP_ENDPOINT").is_some()
            || environment::variable(&format!("OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")).is_some())
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn whole_events_are_never_logged() {
        for own in [None, Some("warn"), Some("trace,lapin::returned_messages=trace"), Some("voting=loud")] {
            let filter = filter(own, "info").to_string();
            let directives: Vec<_> = filter.split(',').filter(|part| part.contains("returned")).collect();
            assert_eq!(directives, [RETURNED_MESSAGES], "{own:?}");
        }
        assert!(filter(Some("warn"), "info").to_string().ends_with("warn"));
        assert!(filter(Some("voting=loud"), "info").to_string().ends_with("info"));
    }

    #[test]
    fn no_filter_shows_what_libraries_send_and_receive() {
        let shown = Arc::new(Mutex::new(Vec::<u8>::new()));
        let writer = shown.clone();
        let layer = tracing_subscriber::fmt::layer()
            .with_writer(move || Shared(writer.clone()))
            .with_filter(filter(Some("trace,lapin=trace"), "info").and(without_wire()));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            tracing::trace!(target: "lapin::channels", frame = "a ballot", "will handle frame");
            tracing::trace!(target: "sqlx_postgres::connection", "a row");
            tracing::debug!(target: "lapin::channels", "received heartbeat");
            tracing::trace!(target: "comitia_voting::app", "our own");
        });
        let shown = String::from_utf8(shown.lock().unwrap().clone()).unwrap();
        assert!(shown.contains("heartbeat") && shown.contains("our own"), "{shown}");
        assert!(!shown.contains("a ballot") && !shown.contains("a row"), "{shown}");
    }

    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
}
