import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { stringify } from "yaml";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { CasesTold } from "@rootward/pipeline/model/case-told";
import { buildVerdict } from "@rootward/pipeline/testing/build-verdict";
import { loadCases } from "../case-store.ts";
import { coverageOf } from "../coverage.ts";
import { deskCase, deskProject } from "../testing/desk.ts";
import { scriptedApi } from "../testing/scripted-api.ts";
import { registerSync } from "./cases-sync.ts";

const root = mkdtempSync(join(tmpdir(), "rootward-sync-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let folder = "";
let before = "";
let made = 0;
const closing: (() => void)[] = [];
beforeEach(() => {
  made += 1;
  folder = join(root, `p${made}`);
  before = process.cwd();
});
afterEach(() => {
  process.chdir(before);
  for (const close of closing.splice(0)) close();
});

const facts = {
  schema: "coverage/v1",
  at: "2026-11-20T08:00:00.000Z",
  workflows: [
    {
      workflow: "desk",
      environment: "production",
      runs: 9,
      task_types: [{ name: "refund", runs: 4 }],
      agents: [],
    },
  ],
  clusters: [],
  failure_modes: [],
};

const closure = {
  schema: "closure/v1",
  id: "CL-0000000b",
  cluster: "CL-0000000b",
  members: 7,
  decision: "no_eval",
  category: "one_off_data",
  severity_considered: "P2",
  could_recur_unnoticed: false,
  why: "The dates of one import were wrong, and the import was repeated.",
  closed_by: "@jo",
  reviewed_by: "@mira",
  closed: "2026-11-10",
};

async function server(more: (path: string) => object | null = () => null) {
  const api = await scriptedApi(({ path }) => {
    const given = more(path);
    if (given !== null) return given;
    if (path === "/api/coverage") return { body: facts };
    if (path === "/api/status") return { body: { loopsClosed: { closed: 1, of: 3 } } };
    return { body: { cases: [], closures: [] } };
  });
  closing.push(api.close);
  return api;
}

/** A repository with cases and a closure; the command runs in it. */
function repository(cases = [deskCase(), deskCase({ id: "EC-second", status: "draft" })]): void {
  deskProject(folder, "honest", cases);
  mkdirSync(join(folder, "evals/closures"));
  writeFileSync(join(folder, "evals/closures/CL-0000000b.yaml"), stringify(closure));
  process.chdir(folder);
}

async function sync(...args: readonly string[]): Promise<string> {
  let text = "";
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (chunk: string | Uint8Array) => {
    text += String(chunk);
    return true;
  };
  try {
    const program = new Command().exitOverride();
    registerSync(program);
    await program.parseAsync(["sync", ...args], { from: "user" });
  } finally {
    process.stdout.write = write;
  }
  return text;
}

test("all cases and closures are told, with all that there are, and what production showed is written", async () => {
  repository();
  const api = await server();
  const text = await sync("--url", api.base, "--source", "acme/agent:evals");
  const told = CasesTold.parse(api.asked[0]?.body);
  expect(told).toMatchObject({
    source: "acme/agent:evals",
    cases: [
      { id: "EC-gift", status: "active", cluster: null, file: "evals/cases/EC-gift.yaml" },
      { id: "EC-second", status: "draft" },
    ],
    closures: [{ file: "evals/closures/CL-0000000b.yaml", closure: { why: closure.why } }],
    all: { cases: ["EC-gift", "EC-second"], closures: ["CL-0000000b"] },
  });
  expect(told.cases[0]?.text).toContain("eval-case/v1");
  expect(text).toContain("2 cases (1 active, 1 draft, 0 retired) and 1 closure");
  expect(text).toContain("evals/coverage.json: what production showed");
  expect(text).toContain("1 of 3 clusters guarded, resolved or closed");
  expect(JSON.parse(readFileSync("evals/coverage.json", "utf8"))).toEqual(facts);
});

test("the same facts at a later time change no file", async () => {
  repository();
  const first = await server();
  await sync("--url", first.base, "--source", "a");
  const later = { ...facts, at: "2026-11-21T08:00:00.000Z" };
  const second = await server((path) => (path === "/api/coverage" ? { body: later } : null));
  expect(await sync("--url", second.base, "--source", "a")).not.toContain("coverage.json");
  expect(readFileSync("evals/coverage.json", "utf8")).toContain(facts.at);
});

test("many cases are told in parts, all that there are with the last", async () => {
  const long = { message: "x".repeat(150_000) };
  const many = Array.from({ length: 30 }, (_, n) => deskCase({ id: `EC-${10 + n}`, input: long }));
  repository(many);
  const api = await server();
  await sync("--url", api.base, "--source", "a");
  const told = api.asked.flatMap(({ path, body }) => (path === "/api/cases" ? [body] : []));
  expect(told.length).toBeGreaterThan(1);
  expect(told.flatMap((part) => CasesTold.parse(part).cases)).toHaveLength(30);
  expect(told.map((part) => part !== null && "all" in part)).toEqual([
    ...Array.from({ length: told.length - 1 }, () => false),
    true,
  ]);
});

test("a folder that cannot be believed tells nothing, so that no case is taken for gone", async () => {
  repository();
  writeFileSync("evals/cases/EC-second.yaml", "schema: eval-case/v1\n");
  const api = await server();
  await expect(sync("--url", api.base)).rejects.toThrow(
    /nothing was told to the server: evals\/cases\/EC-second.yaml:\d+:\d+: /,
  );
  expect(api.asked).toEqual([]);
});

test("a server that refuses is told in its own words", async () => {
  repository();
  const api = await server(() => ({ status: 400, body: { error: "the cases: no" } }));
  await expect(sync("--url", api.base)).rejects.toThrow("the cases: no");
});

const verdict = buildVerdict([]);

test("the gate's report ends with what the file says, the server if one is asked, and says where neither is known", async () => {
  repository();
  const store = loadCases(join(folder, "evals"));
  expect(await coverageOf(store, verdict, undefined)).toEqual([
    "What no case covers is not known: there is no evals/coverage.json; rootward cases sync writes it, --report URL asks a server",
  ]);
  const api = await server();
  const left = ["Not covered by an active case (2026-11-20): task types refund of desk (4 runs)"];
  expect(await coverageOf(store, verdict, api.base)).toEqual(left);
  writeFileSync("evals/coverage.json", JSON.stringify(facts));
  expect(await coverageOf(store, verdict, undefined)).toEqual(left);
  expect(await coverageOf(store, verdict, "http://127.0.0.1:9")).toEqual(left);
});

test.each([
  ["{", /evals\/coverage.json cannot be read: /],
  [
    '{"schema": "coverage/v2"}',
    /evals\/coverage.json cannot be read: schema: .*expected coverage\/v1/,
  ],
])("a malformed file is told and throws nothing: %s", async (text, why) => {
  repository();
  writeFileSync("evals/coverage.json", text);
  const store = loadCases(join(folder, "evals"));
  expect((await coverageOf(store, verdict, undefined)).join()).toMatch(why);
});
