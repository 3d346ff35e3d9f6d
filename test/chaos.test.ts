import { expect, test } from "vitest";
import { bodyOf, stored, sumOf } from "../bench/chaos/bodies.ts";
import { kinds, runChaos } from "../bench/chaos/run.ts";
import { hasEngine } from "../packages/server/src/testing/has-engine.ts";

test.skipIf(!hasEngine())(
  "a server that is killed, filled up, sent things twice, cut off and ended under load keeps each acknowledged span once and whole",
  { timeout: 600_000 },
  async () => {
    const seed = Date.now() % 2 ** 31;
    const { byKind, atTheEnd, rows, firstAckMs } = await runChaos({
      rounds: kinds.length,
      seed,
      kinds,
      onRound: () => undefined,
    });
    const nothing = { lost: 0, duplicated: 0, partial: 0, unsettled: 0, examples: [] };
    for (const kind of kinds)
      expect([seed, kind, byKind.get(kind)]).toMatchObject([seed, kind, nothing]);
    expect([seed, atTheEnd]).toMatchObject([seed, nothing]);
    expect(rows.stored).toBe(rows.different);
    expect(atTheEnd.ackedSpans).toBeGreaterThan(100);
    expect(firstAckMs.length).toBeGreaterThanOrEqual(2);
  },
);

test("a span that differs in anything has another checksum, so that half a span is found out", () => {
  const [span] = bodyOf(1, 0).spans;
  if (span === undefined) throw new Error("a body without spans");
  const whole = stored(span);
  expect(sumOf(whole)).toBe(whole.attributes["chaos.sum"]);
  const { "gen_ai.operation.name": _gone, ...fewer } = whole.attributes;
  for (const changed of [
    { ...whole, attributes: fewer },
    { ...whole, endNanos: `${whole.endNanos}0` },
    { ...whole, statusMessage: "other" },
    { ...whole, events: whole.events + 1 },
  ])
    expect(sumOf(changed)).not.toBe(sumOf(whole));
});
