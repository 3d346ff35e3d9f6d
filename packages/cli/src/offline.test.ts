import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { diagnosePaths, parseBaseline } from "./offline.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rootward-offline-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test("a baseline is two days, the last of them included, or two times", () => {
  expect(parseBaseline("2026-10-01..2026-10-08")).toEqual({
    start: Date.UTC(2026, 9, 1),
    end: Date.UTC(2026, 9, 9),
  });
  expect(parseBaseline("2026-10-01T08:00:00Z..2026-10-01T10:00:00+01:00")).toEqual({
    start: Date.UTC(2026, 9, 1, 8),
    end: Date.UTC(2026, 9, 1, 9),
  });
});

test.each([
  "",
  "2026-10-01",
  "yesterday..today",
  "2026-10-01..2026-10-02..2026-10-03",
  "2026-13-01..2026-13-02",
])("a baseline that is %j is refused with what is accepted", (text) => {
  expect(() => parseBaseline(text)).toThrow(`--baseline is "${text}"; expected START..END`);
});

test("a baseline that ends before it starts is refused", () => {
  expect(() => parseBaseline("2026-10-05..2026-10-01")).toThrow("its start is not before its end");
});

test("a path that does not exist, and bodies without a run, are one error each", async () => {
  await expect(diagnosePaths([join(folder, "nowhere")], {})).rejects.toThrow(
    "nowhere does not exist",
  );
  const empty = file("empty.json", JSON.stringify({ resourceSpans: [] }));
  await expect(diagnosePaths([empty], {})).rejects.toThrow("OTLP bodies without any run");
});

test("a changes file that is missing, no JSON, or holds no change names the file and the entry", async () => {
  const body = file("body.json", JSON.stringify({ resourceSpans: [] }));
  const diagnose = (changes: string) => diagnosePaths([body], { changes });
  await expect(diagnose(join(folder, "none.json"))).rejects.toThrow(
    /cannot read the changes .*none\.json/,
  );
  await expect(diagnose(file("bad.json", "# changes"))).rejects.toThrow(/bad\.json is not JSON/);
  const entry = { at: "2026-10-01T00:00:00Z", kind: "deploy", title: "Release" };
  await expect(
    diagnose(file("one.json", JSON.stringify([entry, { ...entry, at: "monday" }]))),
  ).rejects.toThrow(/one\.json: entry 2: at: /);
});

test("a file of rulings names the entry that is none, and what prints good ones", async () => {
  const body = file("body.json", JSON.stringify({ resourceSpans: [] }));
  const diagnose = (rulings: string) => diagnosePaths([body], { rulings });
  await expect(diagnose(join(folder, "none.json"))).rejects.toThrow(
    /cannot read the rulings .*none\.json/,
  );
  await expect(diagnose(file("bad.json", "# rulings"))).rejects.toThrow(
    /bad\.json is not JSON .*rootward confirm --list --json/,
  );
  await expect(diagnose(file("one.json", JSON.stringify([{ id: "RL-1" }])))).rejects.toThrow(
    /one\.json: entry 1: runId: /,
  );
});

test("rulings from a file confirm origins in a diagnosis from files", async () => {
  const span = (spanId: string, name: string, attributes: Readonly<Record<string, string>>) => ({
    traceId: "1".repeat(32),
    spanId,
    ...(spanId === "a000000000000001" ? {} : { parentSpanId: "a000000000000001" }),
    name,
    startTimeUnixNano: `1760000000${spanId.slice(-1)}00000000`,
    endTimeUnixNano: `1760000000${spanId.slice(-1)}50000000`,
    status: name.startsWith("execute_tool") ? { code: 2, message: "timed out" } : {},
    attributes: Object.entries(attributes).map(([key, stringValue]) => ({
      key,
      value: { stringValue },
    })),
  });
  const spans = [
    span("a000000000000001", "invoke_agent desk", {
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.agent.name": "desk",
    }),
    span("a000000000000002", "chat", {
      "gen_ai.operation.name": "chat",
      "gen_ai.request.model": "m",
    }),
    span("a000000000000003", "execute_tool find", {
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": "find",
    }),
  ].map((one) =>
    one.name.startsWith("invoke") ? { ...one, status: { code: 2, message: "failed" } } : one,
  );
  const body = file(
    "failed.json",
    JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }),
  );
  const before = await diagnosePaths([body], {});
  expect(before.diagnosis.runs[0]).toMatchObject({
    origin: { tool: "find" },
    finding: { standing: "suspected" },
  });
  const chat = before.runs[0]?.steps.find(({ kind }) => kind === "llm");
  const ruling = {
    id: "RL-1",
    runId: "1".repeat(32),
    workflow: "desk",
    environment: "default",
    step: { spanId: chat?.spanId, seq: chat?.seq, kind: "llm", name: chat?.name },
    ruling: "confirmed",
    by: "Ada",
    note: null,
    atMs: 1,
  };
  const rulings = file("rulings.json", JSON.stringify([ruling]));
  const { diagnosis } = await diagnosePaths([body], { rulings });
  expect(diagnosis.runs[0]).toMatchObject({
    origin: { spanId: "a000000000000002" },
    finding: { standing: "confirmed", confirmed: { by: "Ada" } },
  });
  expect(diagnosis.clusters[0]).toMatchObject({ originStanding: "confirmed", confirmed: 1 });
});
