import fc from "fast-check";
import { expect, test } from "vitest";
import { rowsOf } from "../model/batch.ts";
import { batchOver } from "./batch.ts";
import { pickRows } from "./pick.ts";
import { receive } from "./receive.ts";

/** Three resources, one of them with two scopes, and seven spans. */
function someBatch() {
  const span = (id: number) => ({
    traceId: "0".repeat(31) + "1",
    spanId: id.toString(16).padStart(16, "0"),
    name: `step ${id}`,
    startTimeUnixNano: `${id}`,
    endTimeUnixNano: `${id + 1}`,
    attributes: [{ key: "text", value: { stringValue: "é".repeat(id) } }],
  });
  const scope = (name: string, ...ids: readonly number[]) => ({
    scope: { name, version: "1" },
    spans: ids.map(span),
  });
  const resource = (service: string, ...scopeSpans: readonly object[]) => ({
    resource: { attributes: [{ key: "service.name", value: { stringValue: service } }] },
    scopeSpans,
  });
  const body = {
    resourceSpans: [
      resource("one", scope("a", 1, 2), scope("b", 3)),
      resource("two", scope("a", 4, 5)),
      { scopeSpans: [{ spans: [span(6), span(7)] }] },
    ],
  };
  const bytes = Buffer.from(JSON.stringify(body));
  return receive({ signal: "traces", encoding: "json", bytes }).batch;
}

test("rows that were picked are what they were, in the order in which they were asked for", () => {
  const batch = someBatch();
  const all = rowsOf(batch).spans;
  const rows = fc.uniqueArray(fc.integer({ min: 0, max: all.length - 1 }));
  fc.assert(
    fc.property(rows, (asked) => {
      const picked = pickRows(batch.columns, asked);
      expect(rowsOf(batchOver(picked, "traces", 0)).spans).toEqual(asked.map((row) => all[row]));
    }),
  );
});

test("what was picked holds no more than it needs, and shares a resource of two scopes", () => {
  const batch = someBatch();
  const whole = pickRows(batch.columns, [0, 1, 2, 3, 4, 5, 6]);
  expect(whole.bytes.length).toBeLessThanOrEqual(batch.columns.bytes.length);
  const [one, other] = rowsOf(batchOver(pickRows(batch.columns, [1, 2]), "traces", 0)).spans;
  expect(one?.resource).toBe(other?.resource);
  expect(pickRows(batch.columns, []).bytes.length).toBe(0);
});
