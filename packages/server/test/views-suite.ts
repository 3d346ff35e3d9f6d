import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { signalNames } from "@rootward/pipeline/model/signal";
import type { RunDigest } from "@rootward/pipeline/model/digest";
import { receive } from "@rootward/pipeline/wire/receive";
import { viewColumns } from "../src/store/store.ts";
import type { OpenStore } from "../src/store/store.ts";

const bounds = { timeoutMs: 10_000 };

const reading = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof(
    value.map((each) => ({
      kind: "measured" as const,
      value: each,
      method: "declared" as const,
      source: "server" as const,
      evidence: [],
    })),
    fc
      .constantFrom("no_retrieval", "content_not_recorded")
      .map((why) => ({ kind: "absent" as const, why })),
  );
const share = fc.constantFrom(0, 0.25, 0.5, 0.75, 1);
const signals = fc.record({
  grounded: reading(share),
  fallback: reading(fc.boolean()),
  confidence: reading(share),
  downstream_ok: reading(fc.boolean()),
});

/** A run of which only what SQL counts matters. */
function runOf(n: number, of: unknown): RunDigest {
  const id = (n + 1).toString(16).padStart(32, "0");
  return {
    id,
    aliases: [],
    traceIds: [id],
    workflow: `w${n % 3}`,
    environment: "production",
    taskType: null,
    session: null,
    service: "s",
    startedMs: n,
    endedMs: n + 1,
    complete: true,
    conventions: [],
    signals: of,
    failed: n % 2 === 0 ? ["error"] : [],
    error: null,
    errorAt: null,
    cited: null,
    ungrounded: [],
    retrieved: null,
    unsupported: [],
    violations: [],
    outputShape: null,
    hedge: false,
    refusal: false,
    steps: [],
    versions: {},
    inputText: null,
    outputText: null,
    mapping: 1,
  } as unknown as RunDigest;
}

/** The tests of what SQL from outside may read, wherever the engine runs. @param open  a store with nothing in it */
export function viewsSuite(name: string, open: () => Promise<OpenStore>): void {
  describe(name, () => {
    let store: OpenStore;
    beforeAll(async () => {
      store = await open();
    });
    afterAll(async () => {
      await store?.close();
    });

    test("each view has the columns and types that are documented", async () => {
      for (const [view, columns] of Object.entries(viewColumns)) {
        const answer = await store.sql(`SELECT * FROM ${view} LIMIT 0`, bounds);
        const found = Object.fromEntries(answer.columns.map(({ name, type }) => [name, type]));
        expect(found, view).toEqual(columns);
      }
    });

    test("what people said of origins is a row each, by run and step", async () => {
      const run = runOf(7, {});
      await store.putRulings([
        {
          id: "RL-1",
          runId: run.id,
          workflow: "w1",
          environment: "production",
          step: { spanId: "00000000000000aa", seq: 3, kind: "tool", name: "look up" },
          ruling: "rejected",
          by: "Ada",
          note: null,
          atMs: 1_700_000_000_123,
        },
      ]);
      const { rows } = await store.sql(
        "SELECT run_id, workflow, ruling, span_id, step, author, note, toUnixTimestamp64Milli(at) FROM rulings",
        bounds,
      );
      expect(rows).toEqual([
        [run.id, "w1", "rejected", "00000000000000aa", "look up", "Ada", "", 1_700_000_000_123],
      ]);
    });

    test("counts are numbers, and integers that a number cannot hold are texts", async () => {
      const answer = await store.sql(
        "SELECT count(), toUInt64(18446744073709551615), toInt64(-5), '7' FROM runs",
        bounds,
      );
      expect(answer.rows).toEqual([[0, "18446744073709551615", -5, "7"]]);
    });

    test("no more rows are answered than are asked for", async () => {
      const { rows } = await store.sql("SELECT number FROM numbers(100000) ORDER BY number DESC", {
        ...bounds,
        rowLimit: 3,
      });
      expect(rows).toEqual([[99_999], [99_998], [99_997]]);
    });

    test("a query that fails says why, and its beginnings never stand in the next answer", async () => {
      const slow = store.sql("SELECT sleep(3)", { timeoutMs: 200 });
      await expect(slow).rejects.toMatchObject({
        code: "query_failed",
        message: expect.stringMatching(/Timeout exceeded/),
      });
      await expect(store.sql("SELECT nothing FROM runs", bounds)).rejects.toMatchObject({
        code: "query_failed",
      });
      await expect(
        store.sql("SELECT throwIf(number = 5) FROM numbers(9) SETTINGS max_block_size = 1", bounds),
      ).rejects.toThrow();
      for (let n = 0; n < 5; n++)
        expect((await store.sql(`SELECT ${n}`, bounds)).rows).toEqual([[n]]);
    });

    test("what SQL summarizes is what the runs say: the absent is counted apart, never as false or zero", async () => {
      const all = fc.sample(signals, { numRuns: 300, seed: 7 }).map((of, n) => runOf(n, of));
      await store.putRuns(all, []);
      await store.putRuns(all.slice(0, 100), []);
      for (const signal of signalNames) {
        const { rows } = await store.sql(
          `SELECT workflow, count(), count(${signal}), countIf(${signal}_absent != ''), ifNull(sum(toFloat64(${signal})), 0) FROM runs GROUP BY workflow ORDER BY workflow`,
          bounds,
        );
        const byHand = ["w0", "w1", "w2"].map((workflow) => {
          const readings = all
            .filter((run) => run.workflow === workflow)
            .map((run) => run.signals[signal]);
          const measured = readings.flatMap((each) =>
            each.kind === "measured" ? [Number(each.value)] : [],
          );
          return [
            workflow,
            readings.length,
            measured.length,
            readings.length - measured.length,
            measured.reduce((a, b) => a + b, 0),
          ];
        });
        expect(rows, signal).toEqual(byHand);
        const readings = await store.sql(
          `SELECT count(), count(value), countIf(absent != ''), sum(value) FROM readings WHERE signal = '${signal}'`,
          bounds,
        );
        const total = [1, 2, 3, 4].map((at) =>
          byHand.reduce((sum, row) => sum + Number(row[at]), 0),
        );
        expect(readings.rows, signal).toEqual([total]);
      }
      const failed = await store.sql("SELECT count() FROM runs WHERE notEmpty(failed)", bounds);
      expect(failed.rows).toEqual([[(await store.runs({ failedOnly: true })).length]]);
    });

    test("one question over two views, joined or one within the other, is answered over all of both", async () => {
      const runs = await store.runs({});
      const spans = runs.map((run, n) => ({
        traceId: run.traceIds[0],
        spanId: (n + 1).toString(16).padStart(16, "0"),
        name: `step ${n % 4}`,
        startTimeUnixNano: "1",
        endTimeUnixNano: "2",
      }));
      const bytes = Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }));
      await store.put(receive({ signal: "traces", encoding: "json", bytes }).batch);
      const failing = runs.filter((run) => run.failed.length > 0).length;
      const within = await store.sql(
        "SELECT count() FROM spans WHERE trace_id IN (SELECT arrayJoin(trace_ids) FROM runs WHERE notEmpty(failed))",
        bounds,
      );
      expect(within.rows).toEqual([[failing]]);
      const joined = await store.sql(
        "SELECT r.workflow, count() FROM spans AS s INNER JOIN runs AS r ON has(r.trace_ids, s.trace_id) AND s.trace_id = r.id GROUP BY r.workflow ORDER BY r.workflow",
        bounds,
      );
      const ofWorkflow = (name: string) => runs.filter(({ workflow }) => workflow === name).length;
      expect(joined.rows).toEqual(["w0", "w1", "w2"].map((each) => [each, ofWorkflow(each)]));
      const readings = await store.sql(
        "SELECT count() FROM readings INNER JOIN runs ON readings.run_id = runs.id WHERE signal = 'grounded'",
        bounds,
      );
      expect(readings.rows).toEqual([[runs.length]]);
    });

    test("a run shows the cluster of the last diagnosis, and none that was before it", async () => {
      const [first, second] = (await store.runs({})).map((run) => run.id);
      const clusterOf = (id: string, members: readonly unknown[]) => ({
        id,
        title: "t",
        workflow: "w0",
        environment: "production",
        state: "new",
        members,
        firstMs: 0,
        lastMs: 1,
        representative: members[0],
        origin: null,
        attribution: { causes: [] },
      });
      const put = (id: string, member: unknown) =>
        store.putDiagnosis({
          workflows: [],
          clusters: [clusterOf(id, [member])],
          runs: [{ id: member, cluster: id }],
          standings: [],
          changes: [],
          warnings: [],
        } as never);
      await put("CL-00000001", first);
      await put("CL-00000002", second);
      const { rows } = await store.sql("SELECT id, cluster FROM runs WHERE cluster != ''", bounds);
      expect(rows).toEqual([[second, "CL-00000002"]]);
      expect((await store.sql("SELECT id, size FROM clusters", bounds)).rows).toEqual([
        ["CL-00000002", 1],
      ]);
    });
  });
}
