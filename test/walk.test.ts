// One OTLP body to a blocked gate: the product in one test. Read it from top to bottom; each step names the file where it happens.
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeCase } from "@rootward/pipeline/evals/casefile";
import type { Generated } from "@rootward/pipeline/evals/generate";
import { terminalReport } from "@rootward/pipeline/evals/report";
import type { Subject } from "@rootward/pipeline/evals/subject";
import { learn } from "@rootward/pipeline/ingest/learn";
import { read } from "@rootward/pipeline/ingest/read";
import type { ReadOptions, ReadRun } from "@rootward/pipeline/ingest/read";
import type { Diagnosis } from "@rootward/pipeline/model/baseline";
import type { TraceId } from "@rootward/pipeline/model/ids";
import type { GateVerdict } from "@rootward/pipeline/model/verdict";
import { noSettings } from "@rootward/pipeline/model/workflow";
import type { WorkflowSettings } from "@rootward/pipeline/model/workflow";
import { diagnose, gate, generate, ingest, settle } from "@rootward/pipeline/pipeline";
import { memoryStore } from "@rootward/pipeline/testing/memory-store";
import { newCandidate } from "../packages/cli/src/candidate.ts";
import { newChecker } from "../packages/cli/src/checker.ts";
import { startCollector } from "../packages/cli/src/collector.ts";
import { newJudge } from "../packages/cli/src/judge.ts";
import type { Collector } from "../packages/cli/src/collector.ts";

const fixtures = fileURLToPath(new URL("../fixtures/first/", import.meta.url));
const example = fileURLToPath(new URL("../examples/first/", import.meta.url));

/** What `examples/first` really sent: 260 healthy runs, then 30 whose index was built empty, the last one in a body of its own. */
const bodies = readdirSync(fixtures)
  .sort()
  .map((name) => ({
    signal: "traces" as const,
    encoding: "protobuf" as const,
    bytes: gunzipSync(readFileSync(join(fixtures, name))),
  }));

const store = memoryStore();
let settings: WorkflowSettings = { ...noSettings, compliance: true };
const optionsFor = (): ReadOptions => ({
  settingsFor: () => settings,
  contractFor: () => null,
  map: [],
  closedBy: "root",
});

// What one step leaves for the next.
let runs: readonly ReadRun[] = [];
let diagnosis: Diagnosis;
let generated: Generated;
let collector: Collector;
const folder = mkdtempSync(join(tmpdir(), "walk-"));

beforeAll(async () => {
  collector = await startCollector();
});
afterAll(async () => {
  await collector.stop();
  rmSync(folder, { recursive: true });
});

test("1 a body becomes spans that are durable before it is answered", async () => {
  const receipts = [];
  for (const body of bodies) receipts.push(await ingest(body, { store }));
  // ingest/receive.ts decodes; server/src/store keeps. Accepted + rejected = received.
  expect(receipts.flatMap(({ rejections }) => rejections)).toEqual([]);
  const accepted = receipts.reduce((sum, receipt) => sum + receipt.accepted, 0);
  expect((await store.counts()).spans).toBe(accepted);
  // The last body is one broken run: choose a tool, call it, answer, and the step around them.
  expect(receipts.at(-1)?.accepted).toBe(4);
  // The same body again changes nothing.
  await ingest(bodies[0]!, { store });
  expect((await store.counts()).spans).toBe(accepted);
});

test("2 spans become a run: its agent, its calls, what it cited", async () => {
  const traceIds = await store.unsettled();
  // One trace at a time, as the server does it once a trace is quiet; ingest/kinds, fields, messages and assemble make the run.
  runs = await settle(contentsOf(traceIds), optionsFor, { store });
  expect(runs).toHaveLength(290);
  const broken = runs.at(-1)!;
  expect(broken.run.agents.map(({ name }) => name)).toEqual(["travel-rules"]);
  expect(broken.run.toolCalls.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
    "find_rules ok",
  ]);
  // It answered with a rule that nobody retrieved: HTTP 200, a plausible sentence.
  expect(broken.run.output.value?.text).toBe("The limit is 80 EUR per night [TR-900].");
  expect(broken.run.cited).toEqual(["TR-900"]);
});

test("3 what the workflow's own runs teach makes the signals sharp", async () => {
  // ingest/learn.ts: the tool whose results are documents is a retriever; ids look like TR-101.
  settings = {
    ...learn(
      runs.map(({ digest }) => digest),
      null,
    ),
    compliance: true,
  };
  expect(settings.retrievers).toEqual(["find_rules"]);
  runs = await settle(contentsOf(runs.flatMap(({ run }) => run.traceIds)), optionsFor, { store });
  const { signals, failed } = runs.at(-1)!;
  // ingest/measure.ts, signals/*.ts: measured with method and evidence, or absent with the reason.
  expect(signals.grounded).toMatchObject({ kind: "measured", value: 0, method: "cited_ids" });
  expect(signals.confidence).toEqual({ kind: "absent", why: "no_logprobs" });
  // ingest/failure.ts
  expect(failed).toEqual(["grounded"]);
  expect(runs.filter((run) => run.failed.length > 0)).toHaveLength(30);
});

test("4 failed runs become a cluster with its first broken step and a cause", async () => {
  const options = { baselineWindow: null, needsDays: true };
  diagnosis = await diagnose(options, { store });
  expect(diagnosis.clusters).toHaveLength(1);
  const [cluster] = diagnosis.clusters;
  // diagnose/signature.ts: the name of a cluster is its explanation.
  expect(cluster?.signature.key).toBe(
    "v1 | travel-rules | production | empty_retrieval | find_rules",
  );
  expect(cluster?.members).toHaveLength(30);
  // diagnose/origin.ts: from the answer back to the call that found nothing.
  expect(cluster?.origin?.tool).toBe("find_rules");
  // diagnose/causes.ts, attribute.ts: checks for and against; never a cause without evidence.
  const [cause] = cluster?.attribution.causes ?? [];
  expect(cause?.cause).toBe("retrieval_drift");
  expect(cause?.match).toBeGreaterThan(cause?.contradict ?? 0);
});

test("5 the cluster becomes one eval case that proves itself on past runs", async () => {
  const cluster = diagnosis.clusters[0]!;
  const members = new Set<string>(cluster.members);
  const result = await generate(
    {
      cluster,
      settings,
      members: runs.filter(({ run }) => members.has(run.id)).map(subjectOf),
      clean: runs.filter(({ failed }) => failed.length === 0).map(subjectOf),
      agent: "travel-rules",
      today: "2026-11-24",
      by: "@mira",
      severity: null,
      version: "0.1.0",
    },
    { checker: newChecker() },
  );
  if (!result.ok) throw new Error(result.why);
  generated = result.generated;
  const { evalCase, cassette } = generated;
  // evals/failureclass.ts, proposals.ts, backtest.ts: an ungrounded answer in a compliance workflow is a P0.
  expect(evalCase).toMatchObject({ severity: "P0", failure_class: "compliance", status: "active" });
  expect(evalCase.assert.map(({ type }) => type)).toEqual(["citations:subset-of-retrieved"]);
  expect(evalCase.validation).toMatchObject({ failing: "30/30", passing: "260/260" });
  // evals/cassette.ts: the failing trace is the recording.
  expect(cassette.map(({ tool }) => tool)).toEqual(["find_rules"]);
  // evals/casefile.ts
  const file = join(folder, `${evalCase.id}.yaml`);
  writeFileSync(file, writeCase(generated));
  expect(readFileSync(file, "utf8")).toContain("type: citations:subset-of-retrieved");
});

test("6 the agent as it is deployed is blocked", async () => {
  const verdict = await runGate({ PROMPT: "plain" });
  expect(verdict).toMatchObject({ outcome: "blocked", exitCode: 1 });
  expect(terminalReport(verdict)).toContain("cited but not retrieved: TR-900");
});

test("7 the repaired agent passes, and the report says how sure that is", async () => {
  const verdict = await runGate({ PROMPT: "strict" });
  expect(verdict).toMatchObject({ outcome: "pass", exitCode: 0 });
  expect(terminalReport(verdict)).toContain("9/9");
});

async function* contentsOf(traceIds: readonly TraceId[]) {
  for (const id of traceIds) yield await store.traces([id]);
}

function subjectOf({ run, digest, signals }: ReadRun): Subject {
  return { run, digest, signals, answer: null, durationMs: digest.endedMs - digest.startedMs };
}

/** cli/src/commands/gate.ts in small: the candidate is a process, its tool is replayed, its spans go through steps 1 to 3 again. */
async function runGate(env: Record<string, string>): Promise<GateVerdict> {
  const { evalCase, cassette } = generated;
  const agent = {
    adapter: "command" as const,
    run: [process.execPath, join(example, "agent.mjs")],
    tools: { find_rules: { via: "http" as const, base_url_env: "TOOL_BASE_URL" } },
    env,
  };
  return await gate(
    {
      cases: [{ evalCase, file: join(folder, `${evalCase.id}.yaml`), lines: new Map() }],
      overrides: [],
      problems: [],
      today: "2026-11-24",
      breakGlass: false,
      trials: {},
      laneOf: ({ agent }) => ({ name: agent, atOnce: 1 }),
      contractFor: () => null,
      map: [],
      onProgress: () => undefined,
    },
    {
      checker: newChecker(),
      candidate: newCandidate({
        agents: { "travel-rules": agent },
        folder,
        collector,
        cassetteOf: () => cassette,
      }),
      judge: newJudge(undefined),
    },
  );
}

// `read` is what steps 2 and 6 share: production and gate are measured by one rule.
test("8 the reading of a run does not depend on the order of its spans", async () => {
  const last = runs.at(-1)!;
  const content = await store.traces(last.run.traceIds);
  const shuffled = { spans: content.spans.toReversed(), logs: [] };
  const told = (spans: typeof content) =>
    read(spans, optionsFor()).map((one) => ({ ...one, facts: one.facts() }));
  expect(told(shuffled)).toEqual(told(content));
});
