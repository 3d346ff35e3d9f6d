import { spawn } from "node:child_process";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { diagnoseRuns } from "@rootward/pipeline/diagnose/diagnose";
import { namedStep } from "@rootward/pipeline/diagnose/named-step";
import { ruledStep } from "@rootward/pipeline/diagnose/rulings";
import type { RunDigest } from "@rootward/pipeline/model/digest";
import type { Ruling } from "@rootward/pipeline/model/ruling";
import {
  buildDigest,
  cleanSteps,
  goodSignals,
  measured,
  stepsWith,
} from "@rootward/pipeline/testing/build-digest";
import { propagatedText, rankingText } from "./origin-text.ts";
import { runPage } from "./run-page.ts";
import { ShownRun } from "./shown-run.ts";

const run = buildDigest(0, {
  signals: { ...goodSignals, grounded: measured(0) },
  failed: ["grounded"],
  ungrounded: ["D-9"],
  retrieved: [],
  steps: stepsWith({ find_rules: { documents: { count: 0, ids: [], topScore: null } } }),
});

function ruling(step: string | number, word: Ruling["ruling"], more: Partial<Ruling> = {}): Ruling {
  const named = namedStep(run, step);
  if (named.kind === "refused") throw new Error(named.why);
  return {
    id: `RL-${step}`,
    runId: run.id,
    workflow: run.workflow,
    environment: run.environment,
    step: ruledStep(named.step),
    ruling: word,
    by: "Ada",
    note: null,
    atMs: Date.UTC(2026, 10, 14, 6, 10),
    ...more,
  };
}

/** What the server answers of a run: its digest, and what a diagnosis by some rulings says. */
function answerOf(digest: RunDigest, rulings: readonly Ruling[]) {
  const { runs, standings } = diagnoseRuns({
    runs: [digest],
    told: [],
    texts: new Map(),
    rulings,
    options: { baselineWindow: null, needsDays: false },
  });
  return { digest, standing: standings[0] ?? null, diagnosed: runs[0] ?? null };
}

const page = (digest: RunDigest, ...rulings: readonly Ruling[]) =>
  runPage(ShownRun.parse(answerOf(digest, rulings)));

describe("a run's page", () => {
  test("tells the origin, how sure it is, and the numbers that confirm and reject take", () => {
    expect(page(run)).toMatchInlineSnapshot(`
      "run 00000000000000000000000000000001
                   claims · production · 5 Oct 00:00 · 4.0 s
      failed       grounded
      cluster      CL-e4dc5cf4
      origin       step 2 find_rules · suspected (empty_retrieval: 0 documents for "claim period")
      trail        desk: model call ◂ step 2 find_rules (value: "D-1")

      step  kind       agent  name        outcome
         1  llm        desk   chat        ok
         2  retrieval  desk   find_rules  ok       ← origin
         3  tool       desk   get_claim   ok
         4  llm        desk   chat        ok

      Next: rootward confirm 00000000000000000000000000000001 2, or rootward reject 00000000000000000000000000000001 2"
    `);
  });

  test("tells who confirmed the origin, and when", () => {
    const confirmed = page(run, ruling("get_claim", "confirmed", { note: "the claim was gone" }));
    expect(confirmed).toContain("origin       step 3 get_claim · confirmed\n");
    expect(confirmed).toContain("confirmed by Ada, 14 Nov 06:10: the claim was gone");
    expect(confirmed).toMatch(/3 {2}tool .*← origin/);
    expect(confirmed).toMatch(/Next: rootward show CL-[0-9a-f]{8}$/);
  });

  test("marks what was rejected and names the next", () => {
    const rejected = page(run, ruling(2, "rejected"));
    expect(rejected).toMatch(/2 {2}retrieval .*rejected/);
    expect(rejected).toContain(
      "origin       step 4 desk: model call · suspected (ungrounded: cites D-9",
    );
  });

  test("lists three suspects with their reasons where the origin is not sure", () => {
    const values = { newValues: 3, assumes: 1, noEvidence: 1 };
    const features = cleanSteps().flatMap(({ seq, kind }) =>
      kind === "agent" ? [] : [{ step: seq, agent: "desk", values: seq === 3 ? values : {} }],
    );
    const ranked = page(buildDigest(0, { failed: ["downstream_ok"], features }));
    expect(ranked).toMatch(/suspects {5}1\. step 3 get_claim · \d+ % · \w/);
    expect(ranked).toMatch(/\n {13}2\. step \d .*\n {13}3\. step \d /);
  });

  test("of a run that did not fail says so, and asks nothing", () => {
    expect(page(buildDigest(1))).toMatch(/failed {7}no\n/);
    expect(page(buildDigest(1))).not.toContain("Next:");
  });
});

describe("in one line", () => {
  test("a share of failures comes with its number and its interval", () => {
    expect(propagatedText({ count: 12, of: 40 })).toBe(
      "12 of 40 failures (30 %, 95 % interval 18 to 45) showed elsewhere than where they began",
    );
    expect(propagatedText({ count: 0, of: 0 })).toBe("of no failure is known where it began");
  });

  test("a ranker comes with what it was fitted to and both figures", () => {
    const share = (count: number) => ({ count, of: 14 });
    const base = { fitted: null, confirmed: 14, needed: 10 };
    const top3 = { calibrated: share(12), additive: share(9) };
    expect(rankingText({ ...base, kind: "additive", confirmed: 4, top3: null })).toBe(
      "ranked by points, 4 of 10 origins confirmed",
    );
    expect(rankingText({ ...base, kind: "calibrated", top3 })).toBe(
      "ranked as fitted to 14 confirmed origins: top-3 12 of 14 fitted and cross-validated, 9 of 14 by points",
    );
    expect(rankingText({ ...base, kind: "additive", top3 })).toMatch(
      /^ranked by points; fitted to 14 confirmed origins it would be worse: /,
    );
  });
});

const program = fileURLToPath(new URL("main.ts", import.meta.url));
const loader = createRequire(import.meta.url).resolve("tsx");

/** A server that keeps what it is told, as the API is documented. */
let server: Server;
let url = "";
let kept: Ruling[] = [];

function told(body: string): { readonly status: number; readonly answer: object } {
  const { step, ruling: word, by, note } = JSON.parse(body);
  const named = namedStep(run, step);
  if (named.kind === "refused") return { status: 400, answer: { error: named.why } };
  const one = ruling(step, word, { by, note: note ?? null });
  kept = [...kept, one];
  return { status: 200, answer: { ruling: one, diagnosed: answerOf(run, kept).diagnosed } };
}

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += String(chunk)));
    request.on("end", () => {
      const { status, answer } =
        request.method === "POST"
          ? told(body)
          : {
              status: 200,
              answer: request.url === "/api/origins" ? { rulings: kept } : answerOf(run, kept),
            };
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

async function rootward(...args: readonly string[]) {
  const child = spawn(
    process.execPath,
    ["--conditions=rootward-source", "--import", loader, program, ...args],
    { env: { ...process.env, ROOTWARD_URL: url }, stdio: ["ignore", "pipe", "pipe"] },
  );
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (text) => (stdout += text));
  child.stderr.on("data", (text) => (stderr += text));
  const code = await new Promise((resolve) => child.on("close", resolve));
  return { code, stdout, stderr };
}

describe("confirm and reject", () => {
  test("tell the server, print what the origin is by it, and list what was said", async () => {
    expect(await rootward("confirm", "--list")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Nothing is confirmed or rejected yet\./),
    });
    const rejected = await rootward("reject", run.id, "2", "--by", "Bob", "--note", "it was down");
    expect(rejected).toMatchObject({ code: 0, stderr: "" });
    expect(rejected.stdout).toMatch(
      /^rejected {5}step 2 find_rules of run 0{31}1\norigin {7}step 4 desk: model call/,
    );
    const confirmed = await rootward("confirm", run.id, "get_claim");
    expect(confirmed.stdout).toMatch(
      /^confirmed {4}step 3 get_claim .*\norigin {7}step 3 get_claim · confirmed\n {13}confirmed by \S/,
    );
    const list = await rootward("confirm", "--list");
    expect(list.stdout).toMatch(
      /get_claim +confirmed +\S+.*\n.*find_rules +rejected +Bob +it was down\n/,
    );
    expect(list.stdout).toContain("claims (production): 1 run with a confirmed origin");
    await rootward("reject", run.id, "get_claim");
    const taken = await rootward("confirm", "--list");
    expect(taken.stdout).toContain("no origin is confirmed");
    await rootward("confirm", run.id, "get_claim");
    const json = await rootward("confirm", "--list", "--json");
    expect(JSON.parse(json.stdout)).toEqual(kept);
    const shown = await rootward("show", run.id);
    expect(shown.stdout).toContain("step 3 get_claim · confirmed");
  }, 60_000);

  test("say what is accepted where something is missing or wrong", async () => {
    const before = kept.length;
    expect(await rootward("confirm")).toEqual({
      code: 2,
      stdout: "",
      stderr: "rootward: the run and the step are missing; expected: rootward confirm RUN STEP\n",
    });
    expect(await rootward("reject", run.id)).toMatchObject({
      code: 2,
      stderr: "rootward: the step is missing; expected: rootward reject RUN STEP\n",
    });
    expect(await rootward("confirm", "mine", "2")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^rootward: the run is "mine"; expected 32 hex characters/),
    });
    expect(await rootward("confirm", run.id, "chat")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^rootward: "chat" is what 2 steps are called/),
    });
    expect(await rootward("confirm", run.id, "--list")).toMatchObject({ code: 2 });
    expect(await rootward("show", "mine")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/expected a cluster's .* or a run's/),
    });
    expect(kept).toHaveLength(before);
  }, 60_000);
});
