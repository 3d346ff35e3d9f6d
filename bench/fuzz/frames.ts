import { type ClientHttp2Session, connect, constants } from "node:http2";
import { gzipSync } from "node:zlib";
import { rowsOf } from "@rootward/pipeline/model/batch";
import { policy } from "@rootward/pipeline/model/policy";
import type { Span } from "@rootward/pipeline/model/span";
import type { Store } from "@rootward/pipeline/ports";
import { receive, UnreadableBody } from "@rootward/pipeline/wire/receive";
import { grpcDoor } from "../../packages/server/src/grpc.ts";
import { openDoor } from "../../packages/server/src/testing/door.ts";
import { randomOf } from "../shared/random.ts";
import type { Random } from "../shared/random.ts";
import { caseAt } from "./cases.ts";
import { differences, keep } from "./route.ts";
import type { Case, Source } from "./whole.ts";

/** What a call sends, and how it may end: by the number of a status, "cancelled", or "any" but a crash. */
interface Call {
  /** Written one after the other. */
  readonly chunks: readonly Buffer[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
  readonly ends: "whole" | "refused" | "any" | "cancelled";
}

/** A message of gRPC: a flag, a length in four bytes, the message. */
function frame(bytes: Buffer, flag = 0, length = bytes.length): Buffer {
  const head = Buffer.alloc(5);
  head[0] = flag;
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, bytes]);
}

const packed = { "grpc-encoding": "gzip" };
const bomb = gzipSync(Buffer.alloc(policy("bodyLimitBytes") + 1));

const calls: readonly (readonly [weight: number, make: (random: Random, bytes: Buffer) => Call])[] =
  [
    [10, (_random, bytes) => ({ chunks: [frame(bytes)], ends: "whole" })],
    [
      10,
      (_random, bytes) => ({ chunks: [frame(gzipSync(bytes), 1)], headers: packed, ends: "whole" }),
    ],
    [4, (random, bytes) => ({ chunks: pieces(random, frame(bytes)), ends: "whole" })],
    [2, (_random, bytes) => ({ chunks: [frame(bytes)], headers: packed, ends: "whole" })],
    [2, (_random, bytes) => ({ chunks: [frame(gzipSync(bytes), 1)], ends: "refused" })],
    [2, (random, bytes) => ({ chunks: [frame(bytes, 2 + random.below(254))], ends: "any" })],
    [
      2,
      (random, bytes) => ({
        chunks: [frame(bytes, 0, bytes.length + 1 + random.below(1_000))],
        ends: "refused",
      }),
    ],
    [
      1,
      (random, bytes) => ({
        chunks: [frame(bytes, 0, Math.max(0, bytes.length - 1 - random.below(50)))],
        ends: "any",
      }),
    ],
    [
      1,
      (random, bytes) => ({
        chunks: [frame(bytes, random.below(2), 0xffff_ffff - random.below(9))],
        ends: "refused",
      }),
    ],
    [1, (_random, bytes) => ({ chunks: [frame(bytes), frame(bytes)], ends: "any" })],
    [1, (random) => ({ chunks: [random.bytes(random.below(5))], ends: "refused" })],
    [1, (random) => ({ chunks: [random.bytes(5 + random.below(60))], ends: "any" })],
    [
      1,
      (random) => ({
        chunks: [frame(random.bytes(1 + random.below(60)), 1)],
        headers: packed,
        ends: "refused",
      }),
    ],
    [
      1,
      (random, bytes) => ({
        chunks: [frame(gzipSync(bytes).subarray(0, 5 + random.below(12)), 1)],
        headers: packed,
        ends: "refused",
      }),
    ],
    [
      1,
      (_random, bytes) => ({
        chunks: [frame(bytes, 1)],
        headers: { "grpc-encoding": "br" },
        ends: "refused",
      }),
    ],
    [0.2, () => ({ chunks: [frame(bomb, 1)], headers: packed, ends: "refused" })],
    [
      1,
      (_random, bytes) => ({
        chunks: [frame(bytes)],
        path: "/opentelemetry.proto.collector.trace.v1.TraceService/Import",
        ends: "refused",
      }),
    ],
    [
      1,
      (random, bytes) => ({
        chunks: pieces(random, frame(bytes, 0, bytes.length + 9)),
        ends: "cancelled",
      }),
    ],
    [
      1,
      (_random, bytes) => ({
        chunks: [frame(bytes)],
        headers: { "grpc-timeout": "0n" },
        ends: "any",
      }),
    ],
  ];

function pieces(random: Random, bytes: Buffer): readonly Buffer[] {
  const cut = random.below(bytes.length + 1);
  const other = cut + random.below(bytes.length - cut + 1);
  return [bytes.subarray(0, cut), bytes.subarray(cut, other), bytes.subarray(other)];
}

/** What some bodies came to that went through the gRPC door. */
export interface Framed {
  /** How calls ended: by the number of their status, "cancelled", or "cut" where the connection was. */
  readonly statuses: ReadonlyMap<string, number>;
  readonly compared: number;
  readonly problems: readonly string[];
}

const services = {
  traces: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
  logs: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
} as const;

/**
 * Sends the bodies of some rounds, those in protobuf, through the gRPC door over real HTTP/2, in frames that are whole, cut off, too
 * long, packed, broken or left. Whole ones must be answered as `receive` says and come back from the store; no other may be taken for
 * whole, and none may keep the next call from its answer.
 */
export async function throughGrpc(
  store: Store,
  of: { readonly source: Source; readonly seed: number; readonly rounds: readonly number[] },
): Promise<Framed> {
  const { context } = await openDoor({ store });
  const door = grpcDoor(context);
  const port = await door.listen("127.0.0.1", 0);
  const statuses = new Map<string, number>();
  const problems: string[] = [];
  const sent = new Map<string, Span>();
  let session = connected(port);
  for (const round of of.rounds) {
    const each = caseAt(of.source, of.seed, round);
    if (each.encoding !== "protobuf") continue;
    const random = randomOf(of.seed, round ^ 0x6fc);
    const call = random.weighted(calls)(random, each.bytes);
    if (session.destroyed || session.closed) session = connected(port);
    const ended = await asked(session, services[each.signal], call);
    statuses.set(ended, (statuses.get(ended) ?? 0) + 1);
    const problem = problemOf(call, ended, each);
    if (problem !== null) problems.push(`round ${round} (${each.kind}): ${problem}`);
    if (ended === "0" && call.ends === "whole") keep(sent, each);
    else if (ended === "0") forget(sent, each);
  }
  session.destroy();
  await door.close(1_000);
  const { counters } = context;
  const rejected = [...counters.rejected.values()].reduce((sum, count) => sum + count, 0);
  if (counters.received !== counters.accepted + rejected)
    problems.push(
      `${counters.received} received, ${counters.accepted} accepted, ${rejected} rejected`,
    );
  const back = await store.traces([...new Set([...sent.values()].map(({ traceId }) => traceId))]);
  const known = back.spans.filter(({ traceId, spanId }) => sent.has(`${traceId} ${spanId}`));
  problems.push(...differences(sent, known));
  return { statuses, compared: sent.size, problems };
}

/** Something else than the body may have been taken for it: its spans are not compared. */
function forget(sent: Map<string, Span>, of: Case): void {
  for (const { traceId, spanId } of isReadable(of) ? rowsOf(receive(of).batch).spans : [])
    sent.delete(`${traceId} ${spanId}`);
}

function connected(port: number): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on("error", () => undefined);
  return session;
}

const patienceMs = 20_000;

/** How a call ended. */
async function asked(session: ClientHttp2Session, path: string, call: Call): Promise<string> {
  const stream = session.request({
    ":method": "POST",
    ":path": call.path ?? path,
    te: "trailers",
    "content-type": "application/grpc+proto",
    ...call.headers,
  });
  return await new Promise((resolve) => {
    let status: string | null = null;
    const note = (headers: Readonly<Record<string, unknown>>): void => {
      const found = headers["grpc-status"];
      if (typeof found === "string" || typeof found === "number") status = `${found}`;
    };
    const timer = setTimeout(() => resolve("no answer"), patienceMs);
    stream.on("response", note);
    stream.on("trailers", note);
    stream.on("error", () => undefined);
    stream.on("close", () => {
      clearTimeout(timer);
      resolve(status ?? (call.ends === "cancelled" ? "cancelled" : "cut"));
    });
    stream.resume();
    for (const chunk of call.chunks) stream.write(chunk);
    if (call.ends === "cancelled") setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), 5);
    else stream.end();
  });
}

const ok = "0";
const invalid = "3";
/** A handler threw. */
const unknown = "2";

function problemOf({ ends }: Call, ended: string, of: Case): string | null {
  if (ended === "no answer" || ended === unknown) return `ended with ${ended}`;
  if (ends === "refused" && ended === ok) return "a broken call was taken for whole";
  if (ends !== "whole") return null;
  const wanted = isReadable(of) ? ok : invalid;
  return ended === wanted ? null : `ended with ${ended} instead of ${wanted}`;
}

function isReadable(of: Case): boolean {
  try {
    receive(of);
    return true;
  } catch (cause) {
    if (cause instanceof UnreadableBody) return false;
    throw cause;
  }
}
