import { isDeepStrictEqual } from "node:util";
import { gzipSync } from "node:zlib";
import type { Store } from "@rootward/pipeline/ports";
import type { Span } from "@rootward/pipeline/model/span";
import { rowsOf } from "@rootward/pipeline/model/batch";
import { policy } from "@rootward/pipeline/model/policy";
import { receive, UnreadableBody } from "@rootward/pipeline/wire/receive";
import { openDoor } from "../../packages/server/src/testing/door.ts";
import { caseAt } from "./cases.ts";
import type { Case, Source } from "./whole.ts";
import { randomOf } from "../shared/random.ts";
import type { Random } from "../shared/random.ts";

/** What a request is packed as, and whether what is inside can still be read. */
interface Packed {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly encoding: string | null;
  readonly isWhole: boolean;
}

const bomb = gzipSync(Buffer.alloc(policy("bodyLimitBytes") + 1));

const packers: readonly (readonly [
  weight: number,
  pack: (random: Random, bytes: Buffer) => Packed,
])[] = [
  [10, (_random, bytes) => packed(bytes, null, true)],
  [10, (_random, bytes) => packed(gzipSync(bytes), "gzip", true)],
  [
    1,
    (_random, bytes) =>
      packed(
        Buffer.concat([gzipSync(bytes.subarray(0, 9)), gzipSync(bytes.subarray(9))]),
        "gzip",
        true,
      ),
  ],
  [1, (_random, bytes) => packed(bytes, "identity", true)],
  [1, (random, bytes) => packed(gzipSync(bytes).subarray(0, 5 + random.below(12)), "gzip", false)],
  [1, (random) => packed(random.bytes(random.below(60)), "gzip", false)],
  [1, (_random, bytes) => packed(bytes, "br", false)],
  [0.2, () => packed(bomb, "gzip", false)],
];

function packed(bytes: Buffer, encoding: string | null, isWhole: boolean): Packed {
  return { bytes: Uint8Array.from(bytes), encoding, isWhole };
}

/** What some bodies came to that went through the HTTP route into a store. */
export interface Routed {
  readonly statuses: ReadonlyMap<number, number>;
  readonly compared: number;
  readonly problems: readonly string[];
}

/**
 * Sends the bodies of some rounds through the HTTP route: packed, broken, as bombs. Whole ones must be answered as `receive` says,
 * the others refused, none with a 500; and what was accepted must come back from the store as it was received.
 */
export async function throughRoute(
  store: Store,
  of: { readonly source: Source; readonly seed: number; readonly rounds: readonly number[] },
): Promise<Routed> {
  const door = await openDoor({ store });
  const statuses = new Map<number, number>();
  const problems: string[] = [];
  const sent = new Map<string, Span>();
  for (const round of of.rounds) {
    const each = caseAt(of.source, of.seed, round);
    const request = randomOf(of.seed, round ^ 0x5eed);
    const { bytes, encoding, isWhole } = request.weighted(packers)(request, each.bytes);
    const answer = await door.post(`/v1/${each.signal}`, bytes, {
      "content-type": each.encoding === "json" ? "application/json" : "application/x-protobuf",
      ...(encoding === null ? {} : { "content-encoding": encoding }),
    });
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    const wanted = isWhole ? statusOf(each) : [400, 413, 415];
    if (!wanted.includes(answer.status))
      problems.push(`round ${round} (${each.kind}): ${answer.status} ${await answer.text()}`);
    else if (answer.status === 200) keep(sent, each);
  }
  const { counters } = door.context;
  const rejected = [...counters.rejected.values()].reduce((sum, count) => sum + count, 0);
  if (counters.received !== counters.accepted + rejected)
    problems.push(
      `${counters.received} received, ${counters.accepted} accepted, ${rejected} rejected`,
    );
  const back = await store.traces([...new Set([...sent.values()].map(({ traceId }) => traceId))]);
  problems.push(...differences(sent, back.spans));
  return { statuses, compared: sent.size, problems };
}

function statusOf(of: Case): readonly number[] {
  try {
    receive(of);
    return [200];
  } catch (cause) {
    if (cause instanceof UnreadableBody) return [400];
    throw cause;
  }
}

const keyOf = (span: Span): string => `${span.traceId} ${span.spanId}`;

/** Of two spans with one id the store keeps the one that ends later, of two that end together the later one. */
export function keep(sent: Map<string, Span>, of: Case): void {
  for (const span of rowsOf(receive(of).batch).spans) {
    const before = sent.get(keyOf(span));
    if (before === undefined || span.endNanos >= before.endNanos) sent.set(keyOf(span), span);
  }
}

export function differences(
  sent: ReadonlyMap<string, Span>,
  spans: readonly Span[],
): readonly string[] {
  const back = new Map(spans.map((span) => [keyOf(span), span]));
  const problems = spans.length === back.size ? [] : ["the store answers spans twice"];
  for (const [key, span] of sent) {
    const found = back.get(key);
    if (found === undefined) problems.push(`${key} did not come back`);
    else if (!isDeepStrictEqual(found, span)) {
      const names = Object.keys(span) as (keyof Span)[];
      const different = names.filter((name) => !isDeepStrictEqual(found[name], span[name]));
      const [first] = different;
      const texts = first === undefined ? [] : [found[first], span[first]].map(shown);
      problems.push(
        `${key} came back otherwise: ${different.join(", ")}: ${texts.join(" instead of ")}`,
      );
    }
  }
  return problems;
}

function shown(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === "bigint" ? `${each}n` : each instanceof Map ? [...each] : each,
  ).slice(0, 1_500);
}
