import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { GateTold } from "@rootward/pipeline/model/case-told";
import { buildFailure, buildVerdict } from "@rootward/pipeline/testing/build-verdict";
import { fromTop, withheld } from "./gate-outputs.ts";
import type { OutputOptions } from "./gate-outputs.ts";
import { deskCase } from "./testing/desk.ts";
import { gateDesk } from "./testing/gate-desk.ts";
import { scriptedApi } from "./testing/scripted-api.ts";
import { repositoryOf } from "./where-run.ts";

const root = mkdtempSync(join(tmpdir(), "rootward-outputs-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

let made = 0;
function desk() {
  made += 1;
  return gateDesk(join(root, `p${made}`), [
    deskCase({ trials: { policy: "must_hold", n: 1 }, severity: "P1", failure_class: "grounding" }),
  ]);
}

const github = {
  GITHUB_ACTIONS: "true",
  GITHUB_TOKEN: "t0ken",
  GITHUB_REPOSITORY: "acme/agent",
  GITHUB_REF: "refs/pull/7/merge",
  GITHUB_SHA: "abcdef1234567890abcdef1234567890abcdef12",
  GITHUB_EVENT_PATH: "",
};

test("findings go to GitLab, the comment and the check run, which carries the annotations", async () => {
  const api = await scriptedApi(({ method }) => ({ body: method === "GET" ? [] : {} }));
  closing.push(api.close);
  const made = desk();
  const { code, text } = await made.gate(
    "invents",
    ["--code-quality", "quality.json", "--comment", "--check"],
    { ...github, GITHUB_API_URL: api.base },
  );
  expect(code).toBe(2);
  expect(JSON.parse(made.read("quality.json"))).toMatchObject([
    {
      check_name: "rootward:citations:subset-of-retrieved",
      severity: "major",
      location: { path: "evals/cases/EC-gift.yaml", lines: { begin: expect.any(Number) } },
    },
  ]);
  expect(api.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
    "GET /repos/acme/agent/issues/7/comments?per_page=100",
    "POST /repos/acme/agent/issues/7/comments",
    "POST /repos/acme/agent/check-runs",
  ]);
  expect(api.asked[2]?.body).toMatchObject({
    conclusion: "action_required",
    head_sha: github.GITHUB_SHA,
  });
  expect(text).toContain("check run: action_required");
  expect(text).not.toContain("::warning");
});

test("what GitHub refuses is a warning, the verdict and its annotations stand", async () => {
  const api = await scriptedApi(() => ({
    status: 403,
    body: { message: "Resource not accessible" },
  }));
  closing.push(api.close);
  const { code, text } = await desk().gate("invents", ["--comment", "--check"], {
    ...github,
    GITHUB_API_URL: api.base,
  });
  expect(code).toBe(2);
  expect(text).toMatch(
    /no comment: GET .* answered 403: the token may not: .*; the verdict stands/,
  );
  expect(text).toMatch(/no check run: POST .* answered 403/);
  expect(text).toMatch(/::warning file=evals\/cases\/EC-gift.yaml,line=\d+,title=P1 EC-gift::/);
});

test("outside of GitHub a comment and a check run are a warning", async () => {
  const none = { ...github, GITHUB_ACTIONS: "", GITHUB_TOKEN: "" };
  const { code, text } = await desk().gate("honest", ["--comment", "--check"], none);
  expect(code).toBe(0);
  expect(text).toContain("no comment: GITHUB_TOKEN is not set; the verdict stands");
  expect(text).toContain("no check run: GITHUB_TOKEN is not set; the verdict stands");
});

test("--report tells a server of the verdict, of which repository and commit", async () => {
  const api = await scriptedApi(() => ({ body: { id: "GR-1" } }));
  closing.push(api.close);
  const made = desk();
  made.git("remote", "add", "origin", "https://user:key@github.com/acme/agent.git");
  const { code } = await made.gate("invents", ["--report", api.base], { GITHUB_REF_NAME: "topic" });
  expect(code).toBe(2);
  const [asked] = api.asked;
  expect(asked?.path).toBe("/api/gate-results");
  const told = GateTold.parse(asked?.body);
  expect(told).toMatchObject({
    source: "github.com/acme/agent:evals",
    commit: made.git("rev-parse", "HEAD"),
    branch: "topic",
    verdict: { outcome: "override_needed" },
  });
  expect(JSON.stringify(told)).not.toContain("user:key");
});

test("a server that refuses, is away or is no address is a warning, and the verdict stands", async () => {
  const api = await scriptedApi(() => ({ status: 400, body: { error: "the result: no" } }));
  closing.push(api.close);
  for (const [url, why] of [
    [api.base, /--report .*: the result: no; the verdict stands/],
    ["http://127.0.0.1:9", /--report .*: no Rootward server answers at .*; the verdict stands/],
    ["nowhere", /--report nowhere: the server's URL is "nowhere".*; the verdict stands/],
  ] as const) {
    const { code, text } = await desk().gate("honest", ["--report", url]);
    expect(text).toMatch(why);
    expect(code).toBe(0);
  }
});

test("the token for comment and check run is taken out of what the agent under test is given", () => {
  process.env["GITHUB_TOKEN"] = "t0ken";
  const options = withheld<OutputOptions>({ dir: "evals", comment: true });
  expect(process.env["GITHUB_TOKEN"]).toBeUndefined();
  expect(options.env?.["GITHUB_TOKEN"]).toBe("t0ken");
});

test("a report file that cannot be written is named, and the gate is not green", async () => {
  const { code, text } = await desk().gate("honest", ["--code-quality", "none/quality.json"]);
  expect(text).toMatch(/--code-quality none\/quality.json cannot be written: ENOENT/);
  expect(code).toBe(64);
});

test("where the gate runs in a folder of the repository, files are named from its top", () => {
  const verdict = buildVerdict([buildFailure("EC-a", [["budget", "slow", 3]])], {
    problems: ["evals/cases/EC-b.yaml:7:1: no", "../shared/EC-c.yaml: no", "EC-d was deleted"],
  });
  const moved = fromTop(verdict, "agents/desk/");
  expect(moved.cases[0]?.file).toBe("agents/desk/evals/cases/EC-a.yaml");
  expect(moved.problems).toEqual([
    "agents/desk/evals/cases/EC-b.yaml:7:1: no",
    "agents/shared/EC-c.yaml: no",
    "EC-d was deleted",
  ]);
  expect(fromTop(verdict, "")).toBe(verdict);
});

test.each([
  ["git@github.com:acme/agent.git", "github.com/acme/agent"],
  ["https://x-access-token:ghs_1@github.com/acme/agent", "github.com/acme/agent"],
  ["ssh://git@gitlab.example:2222/group/sub/agent.git", "gitlab.example:2222/group/sub/agent"],
  ["/srv/git/agent.git", null],
])("%s is %s, without a key", (remote, repository) => {
  expect(repositoryOf(remote)).toBe(repository);
});
