import { setTimeout } from "node:timers/promises";
import { PortError } from "@rootward/pipeline/errors";
import { read, type ReadOptions } from "@rootward/pipeline/ingest/read";
import type { RunDigest, VersionText } from "@rootward/pipeline/model/digest";
import { RunId, TraceId } from "@rootward/pipeline/model/ids";
import { rowsOf } from "@rootward/pipeline/model/batch";
import { noSettings } from "@rootward/pipeline/model/workflow";
import { receive } from "@rootward/pipeline/wire/receive";
import { openStore } from "../../packages/server/src/store/store.ts";
import { randomOf, type Random } from "../../simulator/src/random.ts";
import {
  answering,
  looping,
  marks,
  outcomes,
  type Template,
  templateStartMs,
} from "./templates.ts";

export interface FillOrder {
  readonly dataDir: string;
  readonly runs: number;
  readonly spans: number;
  readonly seed: string;
  readonly endMs: number;
  readonly onProgress: (runs: number) => void;
}

/** What was stored, as far as the questions need it. */
export interface Filled {
  readonly runs: number;
  readonly spans: number;
  readonly workflows: readonly string[];
  /** As sent, without compression. */
  readonly bytesPerSpan: number;
  /** Runs by the number of their spans. */
  readonly large: Readonly<Record<string, string>>;
}

export const largeTraces = [10, 3_000, 10_000];
const workflowCount = 8;
const days = 30;
const runsAtOnce = 500;
const poolBytes = 48 * 1024 * 1024;

interface Kind {
  readonly template: Template;
  readonly digest: RunDigest;
  readonly texts: readonly VersionText[];
}

/** Where the texts of runs are cut from: words as a language has them, a few often and many seldom. */
function poolOf(random: Random): Buffer {
  const syllables = [
    "ka",
    "re",
    "to",
    "mi",
    "son",
    "der",
    "pla",
    "ve",
    "un",
    "ti",
    "or",
    "ges",
    "lan",
    "bu",
  ];
  const words = Array.from({ length: 6_000 }, () =>
    Array.from({ length: random.int(1, 4) }, () => random.pick(syllables)).join(""),
  );
  const pool = Buffer.alloc(poolBytes);
  for (let at = 0; at < pool.length;) {
    const index = Math.floor(words.length * random.next() ** 3);
    at += pool.write(`${words[index] ?? ""} `, at, "latin1");
  }
  return pool;
}

/** A template with the trace id, span ids, times and texts of one run. */
function runBody(
  template: Template,
  at: { traceId: string; startMs: number },
  pool: Buffer,
  random: Random,
): Buffer {
  const body = Buffer.from(template.body);
  for (const place of template.traceIds) body.write(at.traceId, place, "hex");
  const own = random.int(0, 0xffff_ffff);
  for (const place of template.spanIds) body.writeUInt32BE(own, place);
  const moved = BigInt(at.startMs - templateStartMs) * 1_000_000n;
  for (const place of template.times)
    body.writeBigUInt64LE(body.readBigUInt64LE(place) + moved, place);
  const shared = new Map<string, number>();
  for (const { mark, at: place, length } of template.texts) {
    const fresh = random.int(0, pool.length - 1_000);
    const from = mark === marks.other ? fresh : (shared.get(mark) ?? fresh);
    shared.set(mark, from);
    pool.copy(body, place, from, from + length);
  }
  return body;
}

function kindOf(template: Template, pool: Buffer, random: Random): Kind {
  const traceId = random.hex(16);
  const bytes = runBody(template, { traceId, startMs: templateStartMs }, pool, random);
  const { spans } = rowsOf(receive({ signal: "traces", encoding: "protobuf", bytes }).batch);
  const options: ReadOptions = {
    settingsFor: () => noSettings,
    contractFor: () => null,
    map: [],
    closedBy: "root",
  };
  const [only, ...more] = read({ spans, logs: [] }, options);
  if (only === undefined || more.length > 0) throw new Error("a template is to be one run");
  return { template, digest: only.digest, texts: only.texts };
}

function digestOf(
  { digest, template }: Kind,
  traceId: string,
  startMs: number,
  pool: Buffer,
  random: Random,
): RunDigest {
  const from = random.int(0, pool.length - 1_000);
  return {
    ...digest,
    id: RunId.parse(traceId),
    traceIds: [TraceId.parse(traceId)],
    startedMs: startMs,
    endedMs: startMs + template.durationMs,
    inputText: pool.toString("latin1", from, from + 160),
    outputText: `${pool.toString("latin1", from + 200, from + 480)} [DOC-1]`,
  };
}

/** What is written faster than it is stored is refused: then it is tried again. */
async function patiently(write: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await write();
      return;
    } catch (error) {
      if (!(error instanceof PortError && error.code === "overloaded")) throw error;
      await setTimeout(200);
    }
  }
}

/** Fills a store through its own write path: bodies are received, spans and runs put as the server puts them. */
export async function fill(order: FillOrder): Promise<Filled> {
  const random = randomOf(order.seed);
  const pool = poolOf(random.fork("pool"));
  const workflows = Array.from({ length: workflowCount }, (_, index) => `workflow-${index}`);
  const kinds = workflows.map((name) =>
    outcomes.map((outcome) => kindOf(answering(name, outcome), pool, random)),
  );
  const store = await openStore({ dataDir: order.dataDir });
  const spacingMs = (days * 86_400_000) / order.runs;
  let spans = 0;
  let bytesSent = 0;
  const large: Record<string, string> = {};

  async function put(
    some: readonly { kind: Kind; startMs: number; withSpans: boolean }[],
  ): Promise<readonly string[]> {
    const ids = some.map(() => random.hex(16));
    const bodies: Buffer[] = [];
    const runs = some.map(({ kind, startMs, withSpans }, index) => {
      const traceId = ids[index] ?? "";
      if (withSpans) {
        spans += kind.template.spans;
        bodies.push(runBody(kind.template, { traceId, startMs }, pool, random));
      }
      return digestOf(kind, traceId, startMs, pool, random);
    });
    if (bodies.length > 0) {
      const bytes = Buffer.concat(bodies);
      bytesSent += bytes.length;
      const { batch } = receive({ signal: "traces", encoding: "protobuf", bytes });
      await patiently(() => store.put(batch));
    }
    const texts = some.flatMap(({ kind }) => kind.texts).slice(0, 50);
    await patiently(() => store.putRuns(runs, texts));
    return ids;
  }

  try {
    for (let first = 0; first < order.runs; first += runsAtOnce) {
      const count = Math.min(runsAtOnce, order.runs - first);
      const some = Array.from({ length: count }, (_, index) => {
        const startMs = Math.round(order.endMs - (order.runs - first - index) * spacingMs);
        const chance = random.next();
        const outcome = chance < 0.88 ? 0 : chance < 0.94 ? 1 : chance < 0.98 ? 2 : 3;
        const kind = random.pick(kinds)[outcome];
        if (kind === undefined) throw new Error("no such outcome");
        return { kind, startMs, withSpans: spans + index * 10 < order.spans };
      });
      await put(some);
      order.onProgress(first + count);
    }
    for (const count of largeTraces) {
      const kind = kindOf(looping("workflow-0", count), pool, random);
      const [id = ""] = await put([
        { kind, startMs: Math.round(order.endMs - count), withSpans: true },
      ]);
      large[String(count)] = id;
    }
  } finally {
    await store.close();
  }
  return {
    runs: order.runs + largeTraces.length,
    spans,
    workflows,
    bytesPerSpan: Math.round(bytesSent / spans),
    large,
  };
}
