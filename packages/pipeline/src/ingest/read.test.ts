import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LogRecord, TraceContent } from "../model/span.ts";
import { noSettings } from "../model/workflow.ts";
import { contentOf, packedCaptures, renamed } from "../testing/captures.ts";
import type { Capture } from "../testing/captures.ts";
import { scoreCapture } from "../testing/score-capture.ts";
import { read } from "./read.ts";

const options = { settingsFor: () => noSettings, contractFor: () => null, map: undefined };

/** What cannot be had, and why. A capture that is not listed must come out right in every fact. */
const known: Readonly<Record<string, readonly string[]>> = {
  // The spans call it policy_specialist.
  "langchain/openinference.handoff.protobuf": ["agents"],
  // The second agent's name stands nowhere but in the name of the service.
  "vercel-ai/legacy.handoff.protobuf": ["agents"],
};

const captures = packedCaptures();

describe.each([...new Set(captures.map((capture) => capture.framework))])(
  "captures of %s",
  (framework) => {
    const own = captures.filter((capture) => capture.framework === framework);

    test.each(own.map((capture) => [capture.name, capture] as const))(
      "%s is read as it happened",
      (name, capture) => {
        const facts = scoreCapture(capture.truth, read(contentOf(capture), options));
        const missed = facts.filter((fact) => fact.verdict !== "right");
        expect(missed.map((fact) => fact.name)).toEqual(known[name] ?? []);
      },
    );

    test("no name matters: the same is read under other names", () => {
      const verdicts = (all: readonly Capture[]): readonly string[] =>
        all.flatMap((capture) =>
          scoreCapture(capture.truth, read(contentOf(capture), options)).map(
            (fact) => `${capture.name}: ${fact.name} ${fact.verdict}`,
          ),
        );
      expect(verdicts(own.map(renamed))).toEqual(verdicts(own));
    });
  },
);

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

/** A document given as one text of three fields is not told from any other line. */
const knownInWorlds: Readonly<Record<string, readonly string[]>> = {
  "py-dspy/react.travel.rag.protobuf": ["retrieved ids"],
};

const worlds = packedCaptures(undefined, "worlds");

test.each([...new Set(worlds.map((capture) => capture.framework))])(
  "%s is read in other worlds too: other tools, documents, errors and forms of citing",
  (framework) => {
    const missed = worlds
      .filter((capture) => capture.framework === framework)
      .flatMap((capture) =>
        scoreCapture(capture.truth, read(contentOf(capture), options))
          .filter((fact) => fact.verdict !== "right")
          .filter((fact) => knownInWorlds[capture.name]?.includes(fact.name) !== true)
          .map((fact) => `${capture.name} ${fact.name}: want ${fact.want}, got ${fact.got}`),
      );
    expect(missed).toEqual([]);
  },
);

test("the order of spans and their duplication change nothing", () => {
  const contents = captures.filter((_, at) => at % 7 === 0).map(contentOf);
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
  const capture = captures.find((one) => one.name === "vercel-ai/nocontent.good.json")!;
  const [one] = read(contentOf(capture), options);
  expect(one!.signals.grounded).toEqual({ kind: "absent", why: "content_not_recorded" });
  expect(one!.signals.downstream_ok.kind).toBe("absent");
  expect(one!.failed).toEqual([]);
});

test("every fact has its source, or the reason why it is not known", () => {
  const facts = captures
    .filter((_, at) => at % 5 === 0)
    .flatMap((capture) => read(contentOf(capture), options))
    .flatMap((one) => one.facts());
  expect(facts.length).toBeGreaterThan(1000);
  expect(facts.filter((fact) => (fact.source === null) === (fact.why === null))).toEqual([]);
  expect(facts.filter((fact) => (fact.value === null) !== (fact.source === null))).toEqual([]);
});

test("what was taken out is not the same as what was never sent", () => {
  const capture = captures.find(
    (one) => one.name === "py-strands/redacted.policy.nocontent.protobuf",
  )!;
  const [one] = read(contentOf(capture), options);
  const whys = one!.facts().filter((fact) => fact.name === "tool result");
  expect(whys.map((fact) => fact.why)).toEqual(["redacted"]);
});

test("a rating that comes later joins its run by trace, or by the response that it names", () => {
  const capture = captures.find((one) => one.name === "semconv-reference/v2026.good.protobuf")!;
  const content = contentOf(capture);
  const [plain] = read(content, options);
  const [first] = content.spans;
  const rating = (attributes: Record<string, string | number>, traceId: string | null) => ({
    traceId: traceId as LogRecord["traceId"],
    spanId: null,
    timeNanos: 0n as LogRecord["timeNanos"],
    severity: "",
    eventName: "gen_ai.evaluation.result",
    body: null,
    attributes: new Map<string, string | number>([
      ["gen_ai.evaluation.name", "thumbs"],
      ["gen_ai.evaluation.score.value", 0],
      ...Object.entries(attributes),
    ]),
    resource: { attributes: new Map() },
    scope: { name: "", version: "" },
  });
  const response = plain!.run.llmCalls.map((call) => call.responseId).find((id) => id !== null)!;
  const logs = [
    rating({}, first!.traceId),
    rating({ "gen_ai.response.id": response }, null),
    rating({ "gen_ai.response.id": "of another run" }, null),
  ];
  const [one] = read({ spans: content.spans, logs: [...content.logs, ...logs] }, options);
  expect(one!.run.evaluations.filter((each) => each.name === "thumbs")).toHaveLength(2);
});

test("a trace in which nothing is understood gives no run", () => {
  expect(read({ spans: [], logs: [] }, options)).toEqual([]);
});

describe("one hostile attribute does not keep its run from being read", () => {
  const deep = (open: string, close: string): string => open.repeat(5_000) + close.repeat(5_000);
  test.each([
    ["gen_ai.input.messages", deep("[", "]")],
    ["gen_ai.output.messages", deep('[{"content":', "}]")],
    ["gen_ai.tool.call.arguments", deep('{"a":', "}")],
    ["gen_ai.tool.call.result", deep("[1,", "]")],
    ["output.value", deep('{"output":', "}")],
    [`gen_ai.prompt${".0".repeat(20_000)}`, "x"],
    [`llm.input_messages${".a".repeat(20_000)}`, "x"],
  ])("%.40s", (key, value) => {
    const [capture] = captures;
    if (capture === undefined) throw new Error("no capture");
    const content = contentOf(capture);
    const spans = content.spans.map((span) => ({
      ...span,
      attributes: new Map([...span.attributes, [key, value]]),
    }));
    const runs = read({ ...content, spans }, options);
    expect(runs.length).toBeGreaterThan(0);
    for (const { digest } of runs) expect(() => JSON.stringify(digest)).not.toThrow();
  });

  test.each(["[{", "<context>", "\n", "[{ }", "sources: "])(
    "a prompt of nothing but %j takes no longer than its length",
    (part) => {
      const [capture] = captures;
      if (capture === undefined) throw new Error("no capture");
      const content = contentOf(capture);
      const prompt = JSON.stringify([{ role: "user", content: part.repeat(150_000) }]);
      const spans = content.spans.map((span) => ({
        ...span,
        attributes: new Map([...span.attributes, ["gen_ai.input.messages", prompt]]),
      }));
      expect(read({ ...content, spans }, options).length).toBeGreaterThan(0);
    },
  );
});
