import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { receive } from "@rootward/pipeline/wire/receive";
import { namesOf } from "./names.ts";
import { simulate, type SimulationOptions } from "./simulate.ts";

const endAt = Date.UTC(2026, 10, 22, 9);
const small: SimulationOptions = { seed: null, endAt, days: 18, runsPerWorkflow: 60 };

function digest(options: SimulationOptions): string {
  const hash = createHash("sha256");
  for (const delivery of simulate(options).deliveries) hash.update(delivery.body);
  return hash.digest("hex");
}

function textOf(options: SimulationOptions): string {
  return [...simulate(options).deliveries]
    .map((delivery) => Buffer.from(delivery.body).toString("utf8"))
    .join("\n");
}

/** Every name of a world that could stand in a span. */
function wordsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(wordsOf) : [];
}

describe("the simulator", () => {
  test("gives the same bodies for the same seed and other ones for another", () => {
    expect(digest(small)).toBe(digest(small));
    expect(digest({ ...small, seed: 3 })).toBe(digest({ ...small, seed: 3 }));
    expect(digest({ ...small, seed: 3 })).not.toBe(digest({ ...small, seed: 4 }));
  });

  test.each([null, 1, 2, 3, 4, 5])("with seed %s every span of every body is accepted", (seed) => {
    const traces = new Set<string | null>();
    for (const delivery of simulate({ ...small, seed }).deliveries) {
      const encoding = delivery.contentType === "application/json" ? "json" : "protobuf";
      const { batch, rejections } = receive({ signal: "traces", encoding, bytes: delivery.body });
      expect(rejections).toEqual([]);
      expect(batch.length).toBe(delivery.spans);
      for (let row = 0; row < batch.length; row += 1) traces.add(batch.traceIdAt(row));
    }
    expect(traces.size).toBe(180);
  });

  test("with a seed no name of the story is left in the bodies", () => {
    // `openai` and its field names are the provider's; letters of ids and a field's name may occur by chance in other words.
    const told = wordsOf({ ...namesOf(null) }).filter(
      (word) =>
        word.length > 6 && !/^(brackets|parentheses|currency|bicycle|liability)$/.test(word),
    );
    expect(told.length).toBeGreaterThan(40);
    for (const seed of [1, 7, 19]) {
      const text = textOf({ ...small, seed });
      expect(told.filter((word) => text.includes(word))).toEqual([]);
    }
  });

  test("without faults it says so and no index, prompt or model ever changes", () => {
    const calm = { ...small, faults: [] };
    expect(simulate(calm).truth.faults).toEqual([]);
    const text = textOf(calm);
    const { policy, refunds, claims } = namesOf(null);
    expect(text).toContain(`${policy.index}-v41`);
    expect(text).not.toContain(`${policy.index}-v42`);
    expect(text).not.toContain(refunds.model.nextAnswered);
    expect(text).not.toContain("Be brief and friendly");
    expect(text).not.toContain(claims.model.nextAnswered);
  });

  test("each fault begins after the first week and before the end", () => {
    for (const seed of [null, 1, 2, 3, 4, 5, 6, 7, 8, 9]) {
      const { faults, startMs, endMs } = simulate({ ...small, seed }).truth;
      expect(faults).toHaveLength(6);
      for (const fault of faults) {
        expect(fault.startMs).toBeGreaterThan(startMs + 7 * 86_400_000);
        expect(fault.startMs).toBeLessThan(Math.min(fault.endMs, endMs) - 86_400_000);
      }
    }
  });

  test("traffic of no days or no runs is refused", () => {
    expect(() => simulate({ ...small, days: 0 })).toThrow("days must be positive, not 0");
    expect(() => simulate({ ...small, runsPerWorkflow: -1 })).toThrow("runsPerWorkflow");
  });
});
