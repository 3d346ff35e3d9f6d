import { expect, test } from "vitest";
import { policy } from "@rootward/pipeline/model/policy";
import { RootwardConfig } from "@rootward/pipeline/model/workflow";
import { rowsOf } from "@rootward/pipeline/model/batch";
import { receive } from "@rootward/pipeline/wire/receive";
import { countsOf, newCounters } from "./counters.ts";
import { bodyJson, spanIdOf, spanJson, traceIdOf } from "./testing/door.ts";
import { unmappedCounter } from "./unmapped.ts";

function contentOf(...keys: readonly string[]) {
  const attributes = keys.map((key) => ({ key, value: { stringValue: "x" } }));
  const span = { ...spanJson(traceIdOf(1), spanIdOf(1)), attributes };
  const bytes = new TextEncoder().encode(bodyJson(span));
  return rowsOf(receive({ signal: "traces", encoding: "json", bytes }).batch);
}

test("what no rule reads is counted by name, the entries of a list as one", () => {
  const counters = newCounters();
  const count = unmappedCounter(counters, RootwardConfig.parse({}));
  count(contentOf("app.tier", "gen_ai.operation.name", "llm.input_messages.0.message.role"));
  count(contentOf("app.tier", "app.items.0.id", "app.items.17.id", "app.region"));
  expect(countsOf(counters.unmapped)).toEqual([
    ["app.tier", 2],
    ["app.items.*.id", 2],
    ["app.region", 1],
  ]);
});

test("what is mapped or declared in rootward.yaml is read", () => {
  const counters = newCounters();
  const config = RootwardConfig.parse({
    map: [{ attribute: "app.tier", field: "task_type" }],
    workflows: { claims: { task_type: { attribute: "app.kind" } } },
  });
  unmappedCounter(counters, config)(contentOf("app.tier", "app.kind", "app.region"));
  expect(countsOf(counters.unmapped)).toEqual([["app.region", 1]]);
});

test("names beyond the limit are counted as other, and none is lost", () => {
  const counters = newCounters();
  const count = unmappedCounter(counters, RootwardConfig.parse({}));
  const most = policy("unmappedNamesMost");
  const names = Array.from({ length: most + 50 }, (_, index) => `made.up.x${index}`);
  count(contentOf(...names));
  count(contentOf(...names));
  expect(counters.unmapped.size).toBe(most + 1);
  expect(counters.unmapped.get("other")?.count).toBe(100);
  const total = countsOf(counters.unmapped).reduce((sum, [, count]) => sum + count, 0);
  expect(total).toBe(names.length * 2);
});
