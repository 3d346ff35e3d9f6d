import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packedCaptures } from "@rootward/pipeline/testing/captures";

const program = fileURLToPath(new URL("main.ts", import.meta.url));
const loader = createRequire(import.meta.url).resolve("tsx");
const folder = mkdtempSync(join(tmpdir(), "rootward-doctor-"));

beforeAll(() => {
  const capture = packedCaptures("py-google-adk").find(({ name }) =>
    name.endsWith("default.support.fallback.protobuf"),
  );
  mkdirSync(join(folder, "adk"));
  for (const [index, { bytes }] of (capture?.bodies ?? []).entries())
    writeFileSync(join(folder, "adk", `00${index}-traces.pb`), bytes);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One command line in a process of its own, from the source. */
async function rootward(...args: readonly string[]) {
  const child = spawn(
    process.execPath,
    ["--conditions=rootward-source", "--import", loader, program, ...args],
    { cwd: folder, stdio: ["ignore", "pipe", "pipe"] },
  );
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (text) => (stdout += text));
  child.stderr.on("data", (text) => (stderr += text));
  return await new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
    child.on("close", (code) => resolve({ code, stdout, stderr })),
  );
}

function span(name: string, spanId: string, traceId = "1".repeat(32)): unknown {
  return { traceId, spanId, name, kind: 2, startTimeUnixNano: "1", endTimeUnixNano: "2" };
}

function written(file: string, scope: string, ...spans: readonly unknown[]): string {
  const body = { resourceSpans: [{ scopeSpans: [{ scope: { name: scope }, spans }] }] };
  writeFileSync(join(folder, file), JSON.stringify(body));
  return file;
}

test("what is there, what to switch on and what cannot be had stand on one page", async () => {
  const { code, stdout, stderr } = await rootward("doctor", "--spans", "adk");
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatchInlineSnapshot(`
    "9 of 9 spans understood · 1 run · 0 rejected · 0 cut

    Who sent them  (conventions: otel-genai 9)
                           spans
      Google ADK (Python)      9

    What is there
      ✓  model calls                  1 of 1  runs
      ✗  prompts and answers          0 of 4  model calls  grounded, prompt changes
      ✗  final answer                 0 of 1  runs         grounded, downstream_ok
      ✗  tool arguments               0 of 3  tool calls   retries, cases that replay tools
      ✗  tool results                 0 of 3  tool calls   grounded, soft errors, downstream_ok
         documents                 none seen
         citations can be checked  none seen
      ✓  agent names                  1 of 1  runs
      ✓  session                      1 of 1  runs
      ✗  user                         0 of 1  runs         who was affected
      ✓  environment                  1 of 1  runs
      ✓  service version              1 of 1  runs
      ✗  model answered               0 of 4  model calls  model changes as causes
      ✗  model build                  0 of 4  model calls  silent changes at the provider
      ✓  token usage                  4 of 4  model calls
      ✗  logprobs                     0 of 4  model calls  confidence

    To switch on
      prompts and answers, final answer, tool arguments, tool results
          OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY (or SPAN_AND_EVENT); EVENT_ONLY sends log records

    Cannot be had from these spans
      user
          no attribute holds the user; OpenInference sends user.id
      model answered
          the answered model is not sent
      model build
          the build behind the model's name (system_fingerprint) is not sent
      logprobs
          no attribute holds them

    Read by no rule
      attribute                       spans  example
      gcp.vertex.agent.event_id           7  ffb16e1c-731d-49dc-8e70-b1e41864495f
      gcp.vertex.agent.invocation_id      4  e-24b9e929-f11e-4e3b-ac22-245b0cad368b
      gen_ai.tool.description             3  Current position of a parcel.
      gen_ai.tool.type                    3  FunctionTool
      gen_ai.agent.description            1  Looks things up and answers.

    Next
      1. switch on prompts and answers, final answer, tool arguments, tool results, run the agent once, and ask again
      2. rootward inspect adk   shows what was read of each run
      3. docs/frameworks.md   says what Google ADK (Python) cannot show
    "
  `);
});

test("--json says the same, and a broken span of a file is counted as rejected", async () => {
  const { code, stdout } = await rootward("doctor", "--json", "--spans", "adk");
  const report: unknown = JSON.parse(stdout);
  expect(code).toBe(0);
  expect(report).toMatchObject({
    spans: { received: 9, understood: 9, cut: 0 },
    runs: 1,
    frameworks: [{ id: "google-adk", evidence: "captured", spans: 9 }],
    otherSpans: { spans: 0 },
    rejected: 0,
    warnings: [],
  });
  const file = written(
    "half.json",
    "gcp.vertex.agent",
    span("invocation", "2".repeat(16)),
    span("x", "zz"),
  );
  const half = await rootward("doctor", "--json", "--spans", file);
  expect(JSON.parse(half.stdout)).toMatchObject({ rejected: 1, spans: { received: 1 } });
});

test("spans of which nothing is understood are exit 1, with what came and what is expected", async () => {
  const file = written("http.json", "http-client", span("GET /orders", "3".repeat(16)));
  const { code, stdout, stderr } = await rootward("doctor", "--spans", file);
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(
    /^rootward: nothing understood: 1 span of http-client came \(GET \/orders\); expected spans of an agent framework/,
  );
});

test("without --spans and without a folder of cases one line names what is accepted, exit 2", async () => {
  const { code, stdout, stderr } = await rootward("doctor", "--dir", "no-such-folder");
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toBe(
    "rootward: nothing to look at: there is no folder no-such-folder (rootward init makes one), and --spans names no files or folders of OTLP bodies (.pb, .json, each also .gz)\n",
  );
});
