import { read, type ReadOptions } from "@rootward/pipeline/ingest/read";
import { learn } from "@rootward/pipeline/ingest/learn";
import { receive } from "@rootward/pipeline/wire/receive";
import type { RunDigest } from "@rootward/pipeline/model/digest";
import type { Span } from "@rootward/pipeline/model/span";
import { noSettings, type WorkflowSettings } from "@rootward/pipeline/model/workflow";
import type { Delivery } from "@rootward/simulator";

interface Digests {
  readonly digests: readonly RunDigest[];
  readonly texts: ReadonlyMap<string, string>;
}

/**
 * What the pipeline makes of the bodies: every trace read once, then again with what its workflow's runs have taught.
 *
 * @param teaching  how many of a workflow's first runs teach; without it all of them
 */
export function digestsOf(deliveries: Iterable<Delivery>, teaching = Infinity): Digests {
  const traces = tracesOf(deliveries);
  const first = readAll(traces, () => noSettings);
  const learned = new Map<string, WorkflowSettings>();
  for (const key of new Set(first.digests.map(keyOf))) {
    learned.set(
      key,
      learn(
        first.digests
          .filter((digest) => keyOf(digest) === key)
          .toSorted((a, b) => a.startedMs - b.startedMs)
          .slice(0, teaching),
        null,
      ),
    );
  }
  return readAll(
    traces,
    (workflow, environment) => learned.get(`${workflow}|${environment}`) ?? noSettings,
  );
}

function keyOf(digest: RunDigest): string {
  return `${digest.workflow}|${digest.environment}`;
}

/** The spans of each trace, each once. */
function tracesOf(deliveries: Iterable<Delivery>): readonly (readonly Span[])[] {
  const traces = new Map<string, Map<string, Span>>();
  for (const delivery of deliveries) {
    const encoding = delivery.contentType === "application/json" ? "json" : "protobuf";
    const { batch } = receive({ signal: "traces", encoding, bytes: delivery.body });
    for (let row = 0; row < batch.length; row += 1) {
      const span = batch.span(row);
      const spans = traces.get(span.traceId) ?? new Map<string, Span>();
      traces.set(span.traceId, spans);
      spans.set(span.spanId, span);
    }
  }
  return [...traces.values()].map((spans) => [...spans.values()]);
}

function readAll(
  traces: readonly (readonly Span[])[],
  settingsFor: (workflow: string, environment: string) => WorkflowSettings,
): Digests {
  const digests: RunDigest[] = [];
  const texts = new Map<string, string>();
  const options: ReadOptions = { settingsFor, contractFor: () => null, map: [], closedBy: "root" };
  for (const spans of traces) {
    for (const run of read({ spans, logs: [] }, options)) {
      digests.push(run.digest);
      for (const { hash, text } of run.texts) texts.set(hash, text);
    }
  }
  return { digests, texts };
}
