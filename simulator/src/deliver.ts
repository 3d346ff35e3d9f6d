import { encodeJson } from "./otlp-json.ts";
import { encodeProtobuf } from "./otlp-protobuf.ts";
import type { Random } from "./random.ts";
import type { WireSpan } from "./wire.ts";

/** One request to `/v1/traces`. */
export interface Delivery {
  /** When the sender would have sent it: milliseconds since 1970. */
  readonly atMs: number;
  readonly contentType: "application/x-protobuf" | "application/json";
  readonly body: Uint8Array;
  readonly spans: number;
}

const spansPerBody = 180;
const lateShare = 0.015;
const twiceShare = 0.02;

/**
 * Batches the spans of one sender as an exporter behind a collector does: by count, across runs, so that a run may be spread over
 * requests. A few spans come a request later than the rest, in no order, and a few requests come twice.
 *
 * @param traces  the spans of one run each, by time
 */
export function* deliver(
  traces: Iterable<readonly WireSpan[]>,
  encoding: "protobuf" | "json",
  random: Random,
): Generator<Delivery> {
  let waiting: WireSpan[] = [];
  let late: WireSpan[] = [];
  for (const trace of traces) {
    for (const span of trace) (random.chance(lateShare) ? late : waiting).push(span);
    if (waiting.length < spansPerBody) continue;
    yield* requests(waiting.slice(0, spansPerBody), encoding, random);
    waiting = [...waiting.slice(spansPerBody), ...late.toReversed()];
    late = [];
  }
  const rest = [...waiting, ...late];
  if (rest.length > 0) yield* requests(rest, encoding, random);
}

function* requests(
  spans: readonly WireSpan[],
  encoding: "protobuf" | "json",
  random: Random,
): Generator<Delivery> {
  const delivery: Delivery = {
    atMs: Math.max(...spans.map((span) => span.endMs)),
    contentType: encoding === "json" ? "application/json" : "application/x-protobuf",
    body: encoding === "json" ? encodeJson(spans) : encodeProtobuf(spans),
    spans: spans.length,
  };
  yield delivery;
  if (random.chance(twiceShare)) yield delivery;
}
