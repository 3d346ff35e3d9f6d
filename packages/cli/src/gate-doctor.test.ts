import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { stringify } from "yaml";

const program = fileURLToPath(new URL("main.ts", import.meta.url));
const loader = createRequire(import.meta.url).resolve("tsx");
const root = mkdtempSync(join(tmpdir(), "rootward-gate-doctor-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const day = (offset: number) =>
  new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);

const evalCase = (id: string, created: string, more: object = {}) => ({
  schema: "eval-case/v1",
  id,
  title: "Cites a rule that retrieval did not return",
  severity: "P1",
  failure_class: "grounding",
  grader: "assertion",
  status: "active",
  owner: "@mira",
  provenance: { origin: "written", created: { at: created, by: "@mira", tool: "test" } },
  agent: "desk",
  workflow: "desk",
  input: {},
  assert: [{ type: "behavior:no-error" }],
  unproven: true,
  ...more,
});

const override = (id: string, of: string, expires: string) => ({
  schema: "override/v1",
  id,
  case: of,
  kind: "accept_failure",
  severity: "P1",
  covers: { assertions: ["behavior:no-error"] },
  reason: "The index is rebuilt on Friday; until then the wrong rule is shown with a warning.",
  risk: "One of ten answers names an old rule, with a link to it.",
  incident: "INC-7",
  follow_up: "https://example.com/issues/7",
  requested_by: "@jo",
  approved_by: ["@mira"],
  created: day(-3),
  expires,
});

const recording = {
  tool: "lookup",
  args: {},
  result: {},
  from: { trace_id: "4bf92f3577b34da6a3ce929d0e0e4736", span_id: "00f067aa0ba902b7" },
};

function write(folder: string, file: string, content: string | object): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), typeof content === "string" ? content : stringify(content));
}

function git(folder: string, ...args: readonly string[]): void {
  const identity = ["-c", "user.name=Mira", "-c", "user.email=mira@example.com"];
  const ended = spawnSync("git", [...identity, ...args], { cwd: folder, encoding: "utf8" });
  if (ended.status !== 0) throw new Error(ended.stderr);
}

function doctor(folder: string, ...args: readonly string[]) {
  const env = { ...process.env, CI: "", GITHUB_BASE_REF: "", ROOTWARD_CONFIG: "" };
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--conditions=rootward-source", "--import", loader, program, "doctor", ...args],
    { cwd: folder, encoding: "utf8", env: { ...env, ROOTWARD_CONFIG: undefined } },
  );
  return { code: status, stdout, stderr };
}

test("the gate of a repository: what is in force and from where, owners, overrides, recordings, what would be invalid", () => {
  const folder = mkdtempSync(join(root, "p"));
  const agents = { desk: { adapter: "command", run: ["node", "agent.mjs"] } };
  write(folder, "rootward.yaml", { agents });
  write(folder, ".github/CODEOWNERS", "/evals/cases/ @acme/quality\n");
  const old = { environment: { cassette: "../cassettes/EC-old" } };
  write(folder, "evals/cases/EC-old.yaml", evalCase("EC-old", "2025-01-01", old));
  write(folder, "evals/cassettes/EC-old/lookup.jsonl", `${JSON.stringify(recording)}\n`);
  const anew = {
    environment: { cassette: "../cassettes/EC-old" },
    history: [
      { at: day(-2), by: "@mira", change: "recorded anew", why: "the tool has another form now" },
    ],
  };
  write(folder, "evals/cases/EC-new.yaml", evalCase("EC-new", "2025-01-01", anew));
  write(folder, "evals/cases/EC-draft.yaml", evalCase("EC-draft", day(-2), { status: "draft" }));
  write(folder, "evals/overrides/OV-soon.yaml", override("OV-soon", "EC-old", day(2)));
  write(folder, "evals/overrides/OV-over.yaml", override("OV-over", "EC-old", day(0)));
  git(folder, "init", "-q", "-b", "main");
  git(folder, "add", "-A");
  git(folder, "commit", "-q", "-m", "cases");
  git(folder, "checkout", "-q", "-b", "change");
  write(folder, "rootward.yaml", {
    agents,
    trials: { P0: { policy: "must_hold", n: 1 }, P1: { policy: "must_hold", n: 5 } },
  });
  rmSync(join(folder, "evals/cases/EC-draft.yaml"));

  const { code, stdout } = doctor(folder);
  expect(code).toBe(0);
  expect(stdout).toMatch(/agents\.desk\.run +\["node","agent\.mjs"\] +rootward\.yaml:\d+/);
  expect(stdout).toMatch(/trials\.P0 +must_hold, n 9 +merge base/);
  expect(stdout).toMatch(/trials\.P1 +must_hold, n 5 +rootward\.yaml:\d+/);
  expect(stdout).toMatch(/trials\.P2 +must_hold, n 3 +default/);
  expect(stdout).toMatch(/overrides\.p0_break_glass +false +default/);
  expect(stdout).toMatch(/P1 {2}2 active \(2 unproven\) · 0 draft · 0 retired/);
  expect(stdout).toMatch(/compared with [0-9a-f]{12}/);
  expect(stdout).toContain("EC-draft was deleted");
  expect(stdout).toContain("trials.P0 (must_hold, n 1) is not as strict");
  expect(stdout).toMatch(/nobody owns .*evals\/overrides\/OV-x\.yaml, .*rootward\.yaml/);
  expect(stdout).toMatch(/! +OV-soon .*expires soon/);
  expect(stdout).toMatch(/✗ +OV-over .*OV-over expired on/);
  expect(stdout).toMatch(/✗ EC-old: \d+ days old: record it anew/);
  expect(stdout).not.toMatch(/✗ EC-new/);

  const asJson: unknown = JSON.parse(doctor(folder, "--json").stdout);
  expect(asJson).toMatchObject({
    gate: {
      cases: [{ severity: "P0", active: 0 }, { severity: "P1", active: 2 }, { severity: "P2" }],
      owners: { file: ".github/CODEOWNERS" },
      recordings: [
        { case: "EC-new", days: 2, isOld: false },
        { case: "EC-old", isOld: true },
      ],
    },
  });
});
