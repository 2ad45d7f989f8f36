"""The dashboards. Each panel's description is for the person who has never seen it."""

from panels import BLUE, GREEN, ORANGE, RED, dashboard, graph, stat, steps, table

NS = 'namespace="$namespace"'
ONE = f'{NS}, component="$component"'
BALLOTS = f'{NS}, otel_scope_name="comitia", http_request_method="POST", http_route="/v1/polls/{{poll_id}}/ballots"'
# The limits that the histograms of requests and of pages have in common.
LIMITS = '"0[.](001|0025|005|01|025|05|1|25|5)|1|2[.]5|5|10|[+]Inf"'
CASTS = f'{NS}, http_route="/{{language}}/votes/{{poll}}/cast"'
ANY_IS_BAD = steps((GREEN, None), (RED, 1))
PLAIN = steps((BLUE, None))


def quantile(q: float, metric: str, selector: str, by: str = "le") -> str:
    return f"histogram_quantile({q}, sum by ({by}) (rate({metric}_bucket{{{selector}}}[5m])))"


def rate(metric: str, selector: str, by: str = "") -> str:
    return f"sum{f' by ({by})' if by else ''} (rate({metric}{{{selector}}}[5m]))"


def time_to_vote(q: float) -> str:
    """By the API, at the gateway, or on the pages, where they are made."""
    buckets = f"rate(http_server_request_duration_seconds_bucket{{{BALLOTS}, le=~{LIMITS}}}[5m]) or rate(comitia_portal_page_duration_seconds_bucket{{{CASTS}, le=~{LIMITS}}}[5m])"
    return f"histogram_quantile({q}, sum by (le) ({buckets}))"


def vote() -> dict:
    casts = "comitia_voting_intake_casts_total"
    lost = f'{rate(casts, NS + ", outcome=~" + chr(34) + "overloaded|expired|failed" + chr(34))} / {rate(casts, NS)}'
    return dashboard(
        "comitia-vote", "Comitia: Is the vote all right?",
        "One screen for the duty officer. Green everywhere: go back to sleep. Anything red: open its alert's runbook.",
        [
            stat("Pages", "Alerts that want somebody now. 0 is green; the list is below, each with its runbook.",
                 f'count(ALERTS{{alertname=~"Comitia.*", alertstate="firing", severity="page", {NS}}}) or vector(0)', colors=ANY_IS_BAD),
            stat("Open polls", "Polls that take ballots now.", f'max(comitia_voting_polls{{standing="open", {NS}}})', colors=PLAIN),
            stat("Ballots a minute", "Ballots that were stored and acknowledged, first casts and changed ones. Compare with the same hour of the last vote.",
                 f'60 * {rate(casts, NS + ", outcome=" + chr(34) + "counts" + chr(34))}', colors=PLAIN, decimals=0),
            stat("Ballots turned away", "Share of ballots that were refused under load or could not be stored. None of them was acknowledged: people try again.",
                 f"({lost}) or vector(0)", unit="percentunit", colors=steps((GREEN, None), (ORANGE, 0.0005), (RED, 0.01)), decimals=2),
            stat("Time to vote", "95 of 100 people have their receipt in less than this.",
                 time_to_vote(0.95), unit="s", colors=steps((GREEN, None), (ORANGE, 0.5), (RED, 1)), nothing="nobody votes"),
            stat("People waiting", "Length of the waiting room before sign-in. They keep their place.",
                 f"sum(max by (organization) (comitia_gateway_waiting_room_length{{{NS}}}))", colors=steps((GREEN, None), (ORANGE, 1), (RED, 10000)), nothing="0"),
            stat("Seals refused", "Polls whose recount differs from their counters. Must be 0: such a poll has no result until people have looked.",
                 f'max(comitia_voting_polls{{standing="refused", {NS}}})', colors=ANY_IS_BAD),
            stat("Polls overdue", "Polls that have not opened or not closed a minute after their time.",
                 f'max(comitia_voting_polls{{standing="overdue", {NS}}})', colors=ANY_IS_BAD),
            stat("Waiting for a result", "How long the vote has been over that has waited longest for its result.",
                 f"max(comitia_budgets_counting_oldest_seconds{{{NS}}})", unit="s", colors=steps((GREEN, None), (ORANGE, 600), (RED, 1800))),
            stat("Oldest event", "How long an event has waited for the bus. Voting goes on meanwhile; results and links come late.",
                 f"max(comitia_outbox_oldest_seconds{{{NS}}})", unit="s", colors=steps((GREEN, None), (ORANGE, 15), (RED, 60))),
            stat("Events given up on", "Events in dead-letter queues. Must be 0: each is work that was not done.",
                 f'sum(max by (queue) (comitia_bus_queue_messages{{kind="dead", {NS}}}))', colors=ANY_IS_BAD),
            stat("Services down", "Services without a pod that answers.",
                 f'count(sum by (component) (up{{endpoint="admin", {NS}}}) == 0) or vector(0)', colors=ANY_IS_BAD),
            graph("Ballots a second, by what became of them",
                  "counts: stored. already_cast, on_paper: the voter has voted before. closed: after the end. overloaded, expired, failed: not acknowledged.",
                  {"{{outcome}}": rate(casts, NS, "outcome")}, unit="cps", stacked=True),
            graph("Signing in and getting permits", "Requests a second by answer: 2xx went well, 401 wrong code, 429 rate limit or waiting room, 5xx ours.",
                  {"{{http_response_status_code}}": rate("http_server_request_duration_seconds_count", f'{NS}, otel_scope_name="comitia", http_route=~"/v1/sessions.*|/v1/polls/{{poll_id}}/permits"', "http_response_status_code")}, unit="reqps", stacked=True),
            graph("Time to vote", "As people feel it: by the API at the gateway, on the pages where they are made. The dashed line is the objective for 99 of 100.",
                  {f"{name} %": time_to_vote(q) for q, name in ((0.5, "50"), (0.95, "95"), (0.99, "99"))}, unit="s", line=1),
            table("What wants somebody now", "Firing alerts. The runbook of each is docs/runbooks, by the name in its annotation.",
                  f'ALERTS{{alertname=~"Comitia.*", alertstate="firing", {NS}}}'),
        ],
    )


def service() -> dict:
    rpc = "rpc_server_call_duration_seconds"
    http = "http_server_request_duration_seconds"
    page = "comitia_portal_page_duration_seconds"
    ours = 'http_response_status_code=~"5.."'
    return dashboard(
        "comitia-service", "Comitia: a service", "Rate, errors and duration of one service, and what it uses.",
        [
            stat("Pods that answer", "Pods whose admin port Prometheus reaches.", f'sum(up{{endpoint="admin", {ONE}}})', colors=steps((RED, None), (GREEN, 1))),
            stat("Calls a second", "gRPC calls; for the gateway, HTTP requests; for the portal, pages.", f"({rate(rpc + '_count', ONE)}) or ({rate(http + '_count', ONE)}) or ({rate(page + '_count', ONE)})", unit="reqps", colors=PLAIN),
            stat("Errors of ours", "Share of calls that ended in UNKNOWN, DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE or DATA_LOSS; of requests and pages with 5xx.",
                 f'(({rate(rpc + "_count", ONE + ", rpc_response_status_code=~" + chr(34) + "2|4|13|14|15" + chr(34))}) or ({rate(http + "_count", f"{ONE}, {ours}")}) or ({rate(page + "_count", f"{ONE}, {ours}")})) / (({rate(rpc + "_count", ONE)}) or ({rate(http + "_count", ONE)}) or ({rate(page + "_count", ONE)}))',
                 unit="percentunit", colors=steps((GREEN, None), (ORANGE, 0.001), (RED, 0.01)), nothing="none", decimals=2),
            stat("Panics", "Calls whose handler panicked in the last hour: defects, each with a line in the log.",
                 f"sum(increase(rpc_server_panics_total{{{ONE}}}[1h]))", colors=ANY_IS_BAD, nothing="0", decimals=0),
            stat("Restarts", "Processes that were started again in the last hour.", f'sum(changes(process_start_time_seconds{{endpoint="admin", {ONE}}}[1h]))', colors=steps((GREEN, None), (ORANGE, 1), (RED, 3))),
            stat("Versions", "Versions that run side by side; more than one during an upgrade only.", f"count(count by (service_version) (target_info{{{ONE}}}))", colors=steps((GREEN, None), (ORANGE, 2))),
            graph("Calls by method", "Calls a second.", {"{{rpc_method}}": rate(rpc + "_count", ONE, "rpc_method")}, unit="reqps"),
            graph("Calls by status", "Calls a second by gRPC status: 0 OK, 3 invalid, 5 not found, 7 denied, 8 overloaded or limited, 9 not in this state, 13 ours, 14 a dependency is away, 16 not signed in.",
                  {"{{rpc_response_status_code}}": rate(rpc + "_count", ONE, "rpc_response_status_code")}, unit="reqps", stacked=True),
            graph("Duration of calls", "99 of 100 calls of each method are faster.", {"{{rpc_method}}": quantile(0.99, rpc, ONE, "le, rpc_method")}, unit="s"),
            graph("Calls in flight", "Calls that are being answered.", {"{{pod}}": f"sum by (pod) (rpc_server_active_calls{{{ONE}}})"}),
            graph("Requests by route", "Requests a second (gateway).", {"{{http_request_method}} {{http_route}}": rate(http + "_count", ONE, "http_request_method, http_route")}, unit="reqps"),
            graph("Requests by status", "Requests a second by HTTP status (gateway).", {"{{http_response_status_code}}": rate(http + "_count", ONE, "http_response_status_code")}, unit="reqps", stacked=True),
            graph("Duration of requests", "99 of 100 requests of each route are faster (gateway). Streams last as long as they are watched.", {"{{http_route}}": quantile(0.99, http, ONE, "le, http_route")}, unit="s"),
            graph("Requests in flight", "Requests that are being answered (gateway).", {"{{pod}}": f"sum by (pod) (http_server_active_requests{{{ONE}}})"}),
            graph("Pages by route", "Pages a second that the portal makes; those that gateways share are made once in two seconds.", {"{{http_route}}": rate(page + "_count", ONE, "http_route")}, unit="reqps"),
            graph("Pages by status", "Pages a second by HTTP status (portal): 303 leads on, 401 sign in first, 404 nothing there, 422 a form to mend, 5xx ours or of a service behind.", {"{{http_response_status_code}}": rate(page + "_count", ONE, "http_response_status_code")}, unit="reqps", stacked=True),
            graph("Pages that fail", "Pages a second that end in 5xx, by route (portal).", {"{{http_route}} {{http_response_status_code}}": rate(page + "_count", f"{ONE}, {ours}", "http_route, http_response_status_code")}, unit="reqps"),
            graph("Duration of pages", "99 of 100 pages of each route are made faster (portal), with all the calls that they make. Files of results take as long as they are large.", {"{{http_route}}": quantile(0.99, page, ONE, "le, http_route")}, unit="s", line=1),
            graph("Concurrency limits", "Calls in flight and the limit, adapted to measured latency. Beyond it the lowest priority is refused first.",
                  {"{{limit}}": f"sum by (limit) (comitia_limit_in_work{{{ONE}}})", "{{limit}} at most": f"sum by (limit) (comitia_limit_most{{{ONE}}})"}),
            graph("Refused calls", "Per second, by limit and priority: bulk first, then reads, writes, and votes last.", {"{{limit}} {{priority}}": rate("comitia_limit_refused_total", ONE, "limit, priority")}, unit="cps"),
            graph("Connections to the database", "Of each pool of each pod, in use; and how many it may have.",
                  {"{{pod}} {{db_client_connection_pool_name}}": f'sum by (pod, db_client_connection_pool_name) (db_client_connection_count{{{ONE}, db_client_connection_state="used"}})',
                   "limit {{db_client_connection_pool_name}}": f"max by (db_client_connection_pool_name) (db_client_connection_max{{{ONE}}})"}),
            graph("Waiting for a connection", "Until a transaction begins: 50 and 99 of 100 wait less.", {f"{name} %": quantile(q, "comitia_database_begin_duration_seconds", ONE) for q, name in ((0.5, "50"), (0.99, "99"))}, unit="s"),
            graph("Memory", "Resident memory of each pod, and its limit.",
                  {"{{pod}}": f'process_resident_memory_bytes{{endpoint="admin", {ONE}}}',
                   "limit": f'max(kube_pod_container_resource_limits{{{NS}, resource="memory", pod=~".*-$component-.*"}})'}, unit="bytes"),
            graph("CPU", "Cores that each pod uses.", {"{{pod}}": f'rate(process_cpu_seconds_total{{endpoint="admin", {ONE}}}[5m])'}),
            graph("Open files", "Sockets and files of each pod.", {"{{pod}}": f'process_open_fds{{endpoint="admin", {ONE}}}'}),
            graph("Failures of the cache", "Questions a second that Redis did not answer; the service goes on without.", {"{{pod}}": rate("comitia_cache_failures_total", ONE, "pod")}, unit="cps"),
        ],
        pick_component=True,
    )


def bus() -> dict:
    queue_now = f"max by (queue) (comitia_bus_queue_messages{{{NS}, kind="
    return dashboard(
        "comitia-bus", "Comitia: events", "From the outbox of each service through RabbitMQ to the handlers. Nothing here is lost; it can be late or given up on.",
        [
            stat("Services that can publish", "Services with a pod whose connection to RabbitMQ takes messages.", f"count(max by (component) (comitia_bus_up{{{NS}}}) == 1)", colors=steps((RED, None), (GREEN, 7)), width=6, nothing="0"),
            stat("Oldest event", "How long an event has waited for the bus.", f"max(comitia_outbox_oldest_seconds{{{NS}}})", unit="s", colors=steps((GREEN, None), (ORANGE, 15), (RED, 60)), width=6),
            stat("Events given up on", "Messages in dead-letter queues. Must be 0.", f'sum({queue_now}"dead"}}))', colors=ANY_IS_BAD, width=6),
            stat("Broker alarms", "RabbitMQ nodes that are short of memory or disk and take no messages.", f"sum(rabbitmq_alarms_memory_used_watermark{{{NS}}}) + sum(rabbitmq_alarms_free_disk_space_watermark{{{NS}}})", colors=ANY_IS_BAD, width=6),
            graph("Age of the oldest event in each outbox", "Rises while the bus is away, falls to 0 within seconds after its return.", {"{{service}}": f"max by (service) (comitia_outbox_oldest_seconds{{{NS}}})"}, unit="s", line=60),
            graph("Events in each outbox", "Written and not yet taken by the bus.", {"{{service}}": f"max by (service) (comitia_outbox_pending{{{NS}}})"}),
            graph("Published", "Events a second by kind.", {"{{routing_key}}": rate("comitia_bus_published_total", NS, "routing_key")}, unit="cps"),
            graph("What the bus answered", "confirmed: stored by the broker. unroutable: nobody subscribes. rejected: refused.", {"{{result}}": rate("comitia_bus_published_total", NS, "result")}, unit="cps", stacked=True),
            graph("Failed attempts to publish", "By service and cause: the bus or the database is away, or the broker rejects.", {"{{service}} {{cause}}": rate("comitia_outbox_failures_total", NS, "service, cause")}, unit="cps"),
            graph("Lag", "Age of events when their handler first has them: 95 of 100 are younger.", {"{{queue}}": quantile(0.95, "comitia_bus_lag_seconds", NS, "le, queue")}, unit="s", line=30),
            graph("Waiting in queues", "For a consumer.", {"{{queue}}": f'{queue_now}"work"}})'}),
            graph("Waiting for another attempt", "Put aside after a failure.", {"{{queue}}": f'{queue_now}"retry"}})'}),
            graph("Dead letters", "Given up on; comitia dead-letters lists, replays and discards them.", {"{{queue}}": f'{queue_now}"dead"}})'}),
            graph("Handled", "Events a second by outcome.", {"{{queue}} {{outcome}}": rate("comitia_bus_delivered_total", NS, "queue, outcome")}, unit="cps"),
            graph("Time in the handler", "95 of 100 are faster. budgets.results counts whole votes.", {"{{queue}}": quantile(0.95, "comitia_bus_handling_seconds", NS, "le, queue")}, unit="s"),
            graph("RabbitMQ's disk", "Free space of each node.", {"{{pod}}": f"rabbitmq_disk_space_available_bytes{{{NS}}}"}, unit="bytes"),
        ],
    )


def database() -> dict:
    pg = f'{NS}, pod=~"comitia-postgresql-.*"'
    return dashboard(
        "comitia-database", "Comitia: database", "PostgreSQL as the services see it, and as CloudNativePG tells of it (its exporter's names).",
        [
            stat("Primaries", "Servers that take writes. Must be 1.", f"sum(cnpg_pg_replication_in_recovery{{{pg}}} == bool 0)", colors=steps((RED, None), (GREEN, 1), (RED, 2))),
            stat("Replicas", "Servers that follow. With none, commits wait.", f"max(cnpg_pg_replication_streaming_replicas{{{pg}}})", colors=steps((RED, None), (ORANGE, 1), (GREEN, 2))),
            stat("Replication lag", "Of the replica that is furthest behind.", f"max(cnpg_pg_replication_lag{{{pg}}})", unit="s", colors=steps((GREEN, None), (ORANGE, 5), (RED, 30))),
            stat("Last archived", "How long ago write-ahead log was archived: what is younger could not be restored.", f"min(cnpg_pg_stat_archiver_seconds_since_last_archival{{{pg}}} >= 0)", unit="s", colors=steps((GREEN, None), (ORANGE, 600), (RED, 1800))),
            stat("Last backup", "How old the newest whole copy is.", f"time() - max(barman_cloud_cloudnative_pg_io_last_available_backup_timestamp{{{pg}}})", unit="s", colors=steps((GREEN, None), (ORANGE, 90000), (RED, 180000))),
            stat("No connection in time", "Requests that gave up waiting for a connection in the last hour.", f"sum(increase(db_client_connection_timeouts_total{{{NS}}}[1h]))", colors=ANY_IS_BAD, nothing="0", decimals=0),
            graph("Waiting for a connection", "Until a transaction begins, by service: 99 of 100 wait less.", {"{{component}}": quantile(0.99, "comitia_database_begin_duration_seconds", NS, "le, component")}, unit="s", line=0.25),
            graph("Use of the pools", "Share of the connections that are in use.", {"{{component}} {{db_client_connection_pool_name}}": f'sum by (component, db_client_connection_pool_name) (db_client_connection_count{{{NS}, db_client_connection_state="used"}}) / sum by (component, db_client_connection_pool_name) (db_client_connection_max{{{NS}}})'}, unit="percentunit", line=0.9),
            graph("Ballots waiting for their batch", "In the queues of the intake.", {"{{pod}}": f"sum by (pod) (comitia_voting_intake_waiting{{{NS}}})"}),
            graph("Wait in the intake", "How long ballots wait for their batch.", {f"{name} %": quantile(q, "comitia_voting_intake_wait_seconds", NS) for q, name in ((0.5, "50"), (0.95, "95"))}, unit="s", line=0.5),
            graph("Transactions of the intake", "How long one takes that stores a batch of ballots.", {f"{name} %": quantile(q, "comitia_voting_intake_batch_duration_seconds", NS) for q, name in ((0.5, "50"), (0.99, "99"))}, unit="s"),
            graph("Ballots a transaction", "The larger the crowd, the larger the batches.", {f"{name} %": quantile(q, "comitia_voting_intake_batch_size", NS) for q, name in ((0.5, "50"), (0.99, "99"))}),
            graph("Transactions", "Commits and rollbacks a second.", {"commits": rate("cnpg_pg_stat_database_xact_commit", pg), "rollbacks": rate("cnpg_pg_stat_database_xact_rollback", pg)}, unit="ops"),
            graph("Connections", "By role; and how many the server takes.", {"{{pod}} {{usename}}": f"sum by (pod, usename) (cnpg_backends_total{{{pg}}})", "limit": f'max(cnpg_pg_settings_setting{{{pg}, name="max_connections"}})'}),
            graph("Waiting at the pooler", "Clients of PgBouncer that have no server connection.", {"{{pod}}": f"sum by (pod) (cnpg_pgbouncer_pools_cl_waiting{{{NS}}})"}),
            graph("Archiving", "Files a minute, and failures.", {"archived": f"60 * {rate('cnpg_pg_stat_archiver_archived_count', pg)}", "failed": f"60 * {rate('cnpg_pg_stat_archiver_failed_count', pg)}"}),
            graph("Disk", "Share that is free.", {"{{persistentvolumeclaim}}": f'kubelet_volume_stats_available_bytes{{{NS}, persistentvolumeclaim=~"comitia-postgresql-.*"}} / kubelet_volume_stats_capacity_bytes{{{NS}, persistentvolumeclaim=~"comitia-postgresql-.*"}}'}, unit="percentunit"),
            graph("Size", "Of each database.", {"{{datname}}": f'max by (datname) (cnpg_pg_database_size_bytes{{{pg}, datname!~"template.*"}})'}, unit="bytes"),
        ],
    )


def objectives() -> dict:
    return dashboard(
        "comitia-slo", "Comitia: objectives", "The objectives of docs/slo.md over thirty days. A burn of 1 uses the budget up in exactly that time.",
        [
            stat(f"{title}: budget left", f"Share of the thirty days' error budget that is left. {means}",
                 f'1 - sum_over_time(comitia:slo_errors:rate5m{{{NS}, slo="{slo}"}}[30d]) / sum_over_time(comitia:slo_requests:rate5m{{{NS}, slo="{slo}"}}[30d]) / on () group_left comitia:slo_budget:ratio{{slo="{slo}"}}',
                 unit="percentunit", colors=steps((RED, None), (ORANGE, 0.1), (GREEN, 0.5)), width=width, nothing="nothing asked", decimals=1)
            for slo, title, means, width in (
                ("cast", "Voting", "99.95 of 100 casts are answered, by no error of ours.", 4),
                ("cast_latency", "Time to vote", "99 of 100 casts are answered within a second.", 4),
                ("door", "Signing in", "99.9 of 100 sign-ins and permits end in no error of ours.", 4),
                ("read", "Reading", "99.9 of 100 reads, pages among them, end in no error of ours.", 4),
                ("page_latency", "Time to a page", "99 of 100 pages are made within a second.", 4),
                ("events", "Events", "99 of 100 events are with their handler within half a minute.", 4),
            )
        ] + [
            graph(f"Burn over {window}", f"How many times too fast the budget burns, over {window}.", {"{{slo}}": f"comitia:slo_burn:{window}{{{NS}}}"}, line=line)
            for window, line in (("5m", 14.4), ("1h", 14.4), ("6h", 6), ("3d", 1))
        ],
        hours=24,
    )


def waiting_room() -> dict:
    length = f"sum(max by (organization) (comitia_gateway_waiting_room_length{{{NS}}}))"
    admitted = rate("comitia_gateway_waiting_room_admitted_total", NS)
    wait = "comitia_gateway_waiting_room_wait_seconds"
    sessions = f'{NS}, otel_scope_name="comitia", http_route=~"/v1/sessions.*"'
    return dashboard(
        "comitia-waiting-room", "Comitia: waiting room", "Who wants to sign in and waits for a turn, so that those who are inside can vote.",
        [
            stat("People waiting", "The lines before sign-in, of all organizations; people keep their place.", length, colors=steps((GREEN, None), (ORANGE, 1), (RED, 10000)), width=6, nothing="0"),
            stat("Let in a minute", "How many who waited got their turn.", f"60 * {admitted}", colors=PLAIN, width=6, nothing="0", decimals=0),
            stat("Pace", "How many people a minute all gateways together would let in: it grows while all is well and shrinks under strain.", f"60 * sum(comitia_gateway_waiting_room_rate{{{NS}}})", colors=PLAIN, width=6, decimals=0),
            stat("Time to wait", "For who comes now, if the lines move on as they do.", f"{length} / {admitted}", unit="s", colors=steps((GREEN, None), (ORANGE, 60), (RED, 1800)), width=6, nothing="none"),
            graph("The lines", "People waiting, by organization.", {"{{organization}}": f"max by (organization) (comitia_gateway_waiting_room_length{{{NS}}})"}),
            graph("Let in", "People a second, by organization.", {"{{organization}}": rate("comitia_gateway_waiting_room_admitted_total", NS, "organization")}, unit="cps"),
            graph("How long people waited", "Until they took their pass.", {f"{name} %": quantile(q, wait, NS) for q, name in ((0.5, "50"), (0.95, "95"))}, unit="s"),
            graph("Pace of each gateway", "People a second that it would let in.", {"{{pod}}": f"comitia_gateway_waiting_room_rate{{{NS}}}"}, unit="cps"),
            graph("Signing in", "Requests a second by answer.", {"{{http_response_status_code}}": rate("http_server_request_duration_seconds_count", sessions, "http_response_status_code")}, unit="reqps", stacked=True),
            graph("What identity can take", "CPU of each pod: the lines move faster with more pods.", {"{{pod}}": f'rate(process_cpu_seconds_total{{{NS}, component="identity", endpoint="admin"}}[5m])'}),
        ],
    )


BOARDS = {"vote": vote, "service": service, "bus": bus, "database": database, "slo": objectives, "waiting-room": waiting_room}
