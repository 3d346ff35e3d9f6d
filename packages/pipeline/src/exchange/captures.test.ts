// What real frameworks sent, written down as other products give it back, imported, and read: as well as what was sent.
import { describe, expect, test } from "vitest";
import { learn } from "../ingest/learn.ts";
import { read } from "../ingest/read.ts";
import type { ReadOptions, ReadRun } from "../ingest/read.ts";
import type { Span } from "../model/span.ts";
import { contentOf, packedCaptures } from "../testing/captures.ts";
import { asJaeger, asPhoenix } from "../testing/foreign.ts";
import { asLangfuse, asLangsmith, asMlflow } from "../testing/foreign-traces.ts";
import { scoreCapture } from "../testing/score-capture.ts";
import { formats, recognize } from "./formats.ts";
import type { FormatName } from "./formats.ts";
import { newCompleter } from "./given.ts";

interface Way {
  readonly format: FormatName;
  readonly name: string;
  readonly captures: RegExp;
  readonly store: (spans: readonly Span[]) => unknown;
}

const openinference = /^(langchain|openai-agents|py-agno|py-smolagents|py-haystack)\/(oi|openinf)/;
const ways: readonly Way[] = [
  { format: "langfuse", name: "traces of its API", captures: /langfuse\//, store: asLangfuse },
  { format: "langsmith", name: "runs of its API", captures: /langsmith/, store: asLangsmith },
  ...(["v2", "v3", "v4"] as const).map((form) => ({
    format: "mlflow" as const,
    name: `Trace.to_json() ${form}`,
    captures: /mlflow\//,
    store: (spans: readonly Span[]) => asMlflow(spans, form),
  })),
  ...(["rest", "nested", "columns"] as const).map((form) => ({
    format: "phoenix" as const,
    name: form,
    captures: openinference,
    store: (spans: readonly Span[]) => asPhoenix(spans, form),
  })),
  {
    format: "jaeger",
    name: "its page's download",
    captures: /^(semconv-reference|openllmetry|synthetic-python|vercel-ai-v6|py-strands)\//,
    store: asJaeger,
  },
];

const options: ReadOptions = {
  settingsFor: () => learn([], null),
  contractFor: () => null,
  map: [],
};
const captures = packedCaptures();

/** Of runs, what diagnosis and people look at, without span ids: they are hashed where a product has none of OpenTelemetry's. */
function essence(runs: readonly ReadRun[]) {
  return runs.map(({ run, digest }) => ({
    workflow: run.workflow,
    output: run.output.value?.text ?? null,
    cited: run.cited,
    agents: run.agents.map((agent) => agent.name),
    models: run.llmCalls.map((call) => [call.modelRequested, call.usage.in, call.usage.out]),
    tools: run.toolCalls.map(({ name, args, result, outcome, role }) => [
      name,
      args.value,
      result.value,
      outcome,
      role,
    ]),
    documents: run.retrievals.map((one) => one.documents?.map((document) => document.id)),
    failed: digest.failed,
    failedBy: run.error?.at === undefined ? null : "error",
  }));
}

describe.each(ways)("$format, $name", ({ format, captures: wanted, store }) => {
  const mine = captures.filter(
    (capture) => wanted.test(capture.name) && contentOf(capture).spans.length > 0,
  );
  test("there are captures to compare with", () => expect(mine.length).toBeGreaterThan(5));

  test.each(mine)("$name reads as what was sent", (capture) => {
    const { spans } = contentOf(capture);
    const exported: unknown = JSON.parse(JSON.stringify(store(spans)));
    expect(recognize(exported)).toBe(format);
    const service = spans[0]?.resource.attributes.get("service.name");
    const complete = newCompleter({
      service: typeof service === "string" ? service : undefined,
    });
    const imported = complete(formats[format].convert([exported]));
    expect(imported.refused).toEqual([]);
    expect([...imported.unmapped]).toEqual([]);
    expect(imported.spans.length).toBe(spans.length);
    const before = read({ spans, logs: [] }, options);
    const after = read({ spans: imported.spans, logs: imported.logs }, options);
    expect(essence(after)).toEqual(essence(before));
    expect(scoreCapture(capture.truth, after)).toEqual(scoreCapture(capture.truth, before));
  });
});
