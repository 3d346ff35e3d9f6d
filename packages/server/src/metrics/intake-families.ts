import { type Context, pendingBytesOf } from "../context.ts";
import { countsOf } from "../counters.ts";
import { counter, type Family, gauge, series } from "./family.ts";

/** What became of everything that was sent, since the start. Asks no store: it answers also while the store is down. */
export function intakeFamilies(context: Context): readonly Family[] {
  return [...requests(context), ...records(context), ...state(context)];
}

function requests({ counters }: Context): readonly Family[] {
  const refused = {
    unreadable: counters.unreadable,
    too_large: counters.tooLarge,
    overload: counters.refusedOverload,
    store: counters.refusedStore,
  };
  return [
    counter("rootward_requests", "OTLP requests, over HTTP and gRPC.", counters.requests),
    counter(
      "rootward_requests_refused",
      "OTLP requests of which nothing was kept; after overload and store they are sent again.",
      series("reason", Object.entries(refused)),
    ),
    counter(
      "rootward_metrics_requests_dropped",
      "Requests with metrics, which are answered and dropped.",
      counters.metricsDropped,
    ),
    counter("rootward_failures", "Errors of the server itself.", counters.failures),
    counter(
      "rootward_metrics_pushes_failed",
      "Pushes of these metrics that did not arrive.",
      counters.pushesFailed,
    ),
  ];
}

function records({ counters, open }: Context): readonly Family[] {
  return [
    counter(
      "rootward_records_received",
      "Spans and log records of readable requests; accepted and rejected together.",
      counters.received,
    ),
    counter("rootward_records_accepted", "Records that were stored.", counters.accepted),
    counter(
      "rootward_records_rejected",
      "Records that could not be accepted.",
      series("reason", counters.rejected),
    ),
    counter(
      "rootward_records_duplicate",
      "Accepted records that came again while their trace was open.",
      counters.duplicates,
    ),
    counter(
      "rootward_records_late",
      "Accepted records that came after their trace was settled, which is settled again.",
      open.late,
    ),
    counter(
      "rootward_attributes_truncated",
      "Attributes that were cut at the size limit.",
      counters.truncated,
    ),
    counter(
      "rootward_attributes_unmapped",
      "Attributes of settled spans that no rule reads, by name.",
      series("name", countsOf(counters.unmapped)),
    ),
    counter(
      "rootward_traces_read_back",
      "Traces that were read from the store to be settled.",
      counters.readBack,
    ),
    counter(
      "rootward_runs_settled",
      "Runs that were made, a run that was made again included.",
      counters.settled,
    ),
  ];
}

function state(context: Context): readonly Family[] {
  const { counters, open, version } = context;
  const oldestMs = open.oldestMs === null ? 0 : context.now() - open.oldestMs;
  return [
    gauge(
      "rootward_in_flight_bytes",
      "Bytes of requests that are being taken in.",
      counters.inFlightBytes,
    ),
    gauge(
      "rootward_pending_bytes",
      "Bytes that are durable and not in the database yet.",
      pendingBytesOf(context.store),
    ),
    gauge("rootward_open_traces", "Traces that are not settled.", open.size),
    gauge("rootward_open_trace_bytes", "Bytes that open traces keep in memory.", open.bytes),
    gauge(
      "rootward_oldest_unsettled_seconds",
      "Age of the oldest trace that is not settled; 0 without one.",
      oldestMs / 1_000,
    ),
    gauge("rootward_info", "The version that runs.", [{ labels: { version }, value: 1 }]),
  ];
}
