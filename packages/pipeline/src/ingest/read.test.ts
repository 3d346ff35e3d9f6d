import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LogRecord, Span, TraceContent } from "../model/span.ts";
import { noSettings } from "../model/workflow.ts";
import { read } from "./read.ts";
import { receive, signalOfProtobuf } from "../wire/receive.ts";

const root = fileURLToPath(new URL("../../../../fixtures/captures/", import.meta.url));
const options = { settingsFor: () => noSettings, contractFor: () => null, map: undefined };

interface Expected {
  readonly scenario: string;
  readonly agents?: readonly string[];
  readonly toolCalls?: readonly { readonly name: string; readonly ok?: boolean }[];
  readonly retrieved?: readonly string[];
  readonly cited?: readonly string[];
  readonly grounded?: boolean;
  readonly fallback?: boolean;
  readonly handoff: string | null;
  readonly output?: string;
  readonly runFailed: boolean;
}

function contentOf(folder: string): TraceContent {
  const spans: Span[] = [];
  const logs: LogRecord[] = [];
  for (const name of readdirSync(folder).toSorted()) {
    if (name === "expected.json") continue;
    const raw = readFileSync(join(folder, name));
    const bytes = name.endsWith(".gz") ? gunzipSync(raw) : raw;
    const isJson = name.includes(".json");
    const signal = isJson ? (name.includes("logs") ? "logs" : "traces") : signalOfProtobuf(bytes);
    if (signal === null || signal === "metrics") continue;
    const { batch } = receive({ signal, encoding: isJson ? "json" : "protobuf", bytes });
    for (let row = 0; row < batch.length; row += 1) {
      if (batch.logCount > 0) logs.push(batch.log(row));
      else spans.push(batch.span(row));
    }
  }
  return { spans, logs };
}

const captures = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap((framework) =>
    readdirSync(join(root, framework.name)).map((name) => `${framework.name}/${name}`),
  )
  .filter((name) => existsSync(join(root, name, "expected.json")));

function expectedOf(name: string): Expected {
  return JSON.parse(readFileSync(join(root, name, "expected.json"), "utf8")) as Expected;
}

const fold = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");

describe.each(captures)("%s", (name) => {
  const expected = expectedOf(name);
  const runs = read(contentOf(join(root, name)), options);
  const run = runs[0]!.run;
  const signals = runs[0]!.signals;

  test("is one run", () => {
    expect(runs).toHaveLength(1);
  });

  test("shows the tool calls in order, and how each ended", () => {
    if (expected.toolCalls === undefined) return;
    const calls = run.toolCalls.filter((call) => call.role !== "handoff");
    const wanted = expected.toolCalls.filter((call) => !/transfer|handoff/i.test(call.name));
    expect(calls.map((call) => call.name)).toEqual(wanted.map((call) => call.name));
    if (wanted.some((call) => call.ok === undefined)) return;
    expect(calls.map((call) => call.outcome === "ok" || call.outcome === "empty")).toEqual(
      wanted.map((call) => call.ok),
    );
  });

  test("shows what was retrieved and cited, and whether the answer rests on it", () => {
    if (expected.retrieved === undefined) return;
    const found = run.retrievals.flatMap((one) => (one.documents ?? []).map((doc) => doc.id));
    expect(found).toEqual(expect.arrayContaining([...expected.retrieved]));
    if (run.cited !== null)
      expect([...run.cited].toSorted()).toEqual([...expected.cited!].toSorted());
    if (expected.grounded === undefined) return;
    expect(signals.grounded).toMatchObject({ kind: "measured" });
    expect(signals.grounded.kind === "measured" && signals.grounded.value >= 0.75).toBe(
      expected.grounded,
    );
  });

  test("says whether a fallback was taken", () => {
    if (expected.fallback === undefined || expected.toolCalls === undefined) return;
    const value = signals.fallback.kind === "measured" ? signals.fallback.value : false;
    expect(value).toBe(expected.fallback);
  });

  test("names its agents, and who handed over to whom", () => {
    const names = run.agents.map((agent) => fold(agent.name));
    for (const agent of expected.agents ?? []) {
      expect(
        names.some((found) => found.includes(fold(agent)) || fold(agent).includes(found)),
      ).toBe(true);
    }
    expect(run.handoffs.length > 0).toBe(expected.handoff !== null);
  });

  test("ends in its answer, or in an error", () => {
    if (expected.output !== undefined) expect(run.output.value?.text).toContain(expected.output);
    const failed = run.error !== null || !run.complete;
    expect(failed).toBe(expected.runFailed);
  });
});

/** A run as text that can be compared: nanoseconds have no JSON. */
function shown(content: TraceContent): string {
  return JSON.stringify(
    read(content, options).map(({ run, signals, failed, digest, texts }) => ({
      run,
      signals,
      failed,
      digest,
      texts,
    })),
    (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value),
  );
}

test("the order of spans and their duplication change nothing", () => {
  const contents = captures.map((name) => contentOf(join(root, name)));
  const wanted = contents.map(shown);
  fc.assert(
    fc.property(fc.nat(contents.length - 1), fc.infiniteStream(fc.nat()), (index, stream) => {
      const content = contents[index]!;
      const doubled = [...content.spans, ...content.spans.slice(0, 3)];
      const shuffled = doubled
        .map((span) => ({ span, key: stream.next().value }))
        .toSorted((a, b) => a.key - b.key)
        .map(({ span }) => span);
      expect(shown({ spans: shuffled, logs: content.logs })).toBe(wanted[index]);
    }),
    { numRuns: 60 },
  );
});

test("with content off nothing is measured as false", () => {
  const [one] = read(contentOf(join(root, "vercel-ai/nocontent.good.json")), options);
  expect(one!.signals.grounded).toEqual({ kind: "absent", why: "content_not_recorded" });
  expect(one!.signals.downstream_ok.kind).toBe("absent");
  expect(one!.failed).toEqual([]);
});

/** Every name of a capture replaced by another: keys of attributes stay. */
function renamed(content: TraceContent, names: ReadonlyMap<string, string>): TraceContent {
  const swap = (value: unknown): unknown => {
    if (typeof value === "string") {
      let text = value;
      for (const [from, to] of names) text = text.replaceAll(from, to);
      return text;
    }
    if (Array.isArray(value)) return value.map(swap);
    if (value instanceof Map) return new Map([...value].map(([key, entry]) => [key, swap(entry)]));
    return value;
  };
  const spans = content.spans.map((span) => ({
    ...span,
    name: String(swap(span.name)),
    attributes: swap(span.attributes) as Span["attributes"],
    events: span.events.map((event) => ({
      ...event,
      attributes: swap(event.attributes) as Span["attributes"],
    })),
  }));
  return { spans, logs: content.logs };
}

test("no name matters: with other tools and document ids the signals are the same", () => {
  const names = new Map([
    ["search_policies", "wombat"],
    ["get_retention_schedule", "read_calendar"],
    ["search_archive", "ask_the_attic"],
    ["POL-", "REG/"],
  ]);
  for (const name of captures.filter(
    (capture) => capture.startsWith("semconv") || capture.startsWith("vercel"),
  )) {
    const content = contentOf(join(root, name));
    const plain = read(content, options).map((one) => one.signals);
    const other = read(renamed(content, names), options).map((one) => one.signals);
    const values = (list: typeof plain): unknown =>
      list.map((one) =>
        Object.values(one).map((reading) =>
          reading.kind === "measured" ? [reading.value, reading.method] : reading.why,
        ),
      );
    expect(values(other)).toEqual(values(plain));
  }
});

test("a trace in which nothing is understood gives no run", () => {
  expect(read({ spans: [], logs: [] }, options)).toEqual([]);
});
