import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { deskCase } from "./testing/desk.ts";
import { gateDesk } from "./testing/gate-desk.ts";

const root = mkdtempSync(join(tmpdir(), "rootward-bad-input-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

type Desk = ReturnType<typeof gateDesk>;

const gift = deskCase({ trials: { policy: "must_hold", n: 1 } });

const override = {
  schema: "override/v1",
  id: "OV-gift",
  case: "EC-gift",
  kind: "accept_failure",
  severity: "P1",
  covers: { assertions: ["citations:subset-of-retrieved"] },
  reason: "The repair waits for wording of the legal department.",
  risk: "One answer in ten cites a wrong document.",
  incident: "INC-7",
  follow_up: "https://example.com/7",
  requested_by: "@jo",
  approved_by: ["@mira"],
  created: "2026-11-20",
  expires: "2026-12-05",
};

const closure = {
  schema: "closure/v1",
  id: "CL-41c07be2",
  cluster: "CL-41c07be2",
  members: 22,
  decision: "no_eval",
  category: "resolved_outage",
  severity_considered: "P1",
  could_recur_unnoticed: false,
  why: "The vector store was down for 41 minutes, every run raised an error that paged us.",
  closed_by: "@jo",
  reviewed_by: "@mira",
  closed: "2026-10-16",
};

interface BadInput {
  readonly what: string;
  readonly write: (desk: Desk) => void;
  readonly agent?: "honest" | "invents" | "silent";
  readonly exit: number;
  /** One error that names the file, the line, the value and what is accepted. */
  readonly says: RegExp;
}

const file = (name: string, content: string | object) => (desk: Desk) => desk.write(name, content);
const agentSays = (source: string) => file("agent.mjs", source);

const files: readonly BadInput[] = [
  {
    what: "a case that is no YAML",
    write: file("evals/cases/EC-gift.yaml", "schema: [eval-case/v1\nid: EC-gift\n"),
    exit: 4,
    says: /evals\/cases\/EC-gift\.yaml:\d+:\d+: /,
  },
  {
    what: "an empty case",
    write: file("evals/cases/EC-gift.yaml", ""),
    exit: 4,
    says: /EC-gift\.yaml:1:1: schema is missing; accepted: "?eval-case\/v1/,
  },
  {
    what: "a case with an unknown severity",
    write: file("evals/cases/EC-gift.yaml", { ...gift, severity: "P9" }),
    exit: 4,
    says: /EC-gift\.yaml:4:11: severity is "P9"; accepted: .*P0.*P1.*P2/,
  },
  {
    what: "a case with an unknown key",
    write: file("evals/cases/EC-gift.yaml", { ...gift, asert: [] }),
    exit: 4,
    says: /EC-gift\.yaml:\d+:\d+: unknown key "asert"; accepted: .*assert/,
  },
  {
    what: "a case with an unknown assertion",
    write: file("evals/cases/EC-gift.yaml", { ...gift, assert: [{ type: "output:contain" }] }),
    exit: 4,
    says: /EC-gift\.yaml:\d+:\d+: unknown type "output:contain" in assert\.0; accepted: .*output:contains/,
  },
  {
    what: "an override that nobody may have",
    write: file("evals/overrides/OV-gift.yaml", { ...override, approved_by: ["@jo"] }),
    exit: 4,
    says: /OV-gift\.yaml:\d+:\d+: approved_by.*the person who asked cannot approve/,
  },
  {
    what: "an override of another kind",
    write: file("evals/overrides/OV-gift.yaml", { ...override, kind: "please" }),
    exit: 4,
    says: /OV-gift\.yaml:4:7: kind is "please"; accepted: .*accept_failure/,
  },
  {
    what: "a closure of what could recur unnoticed",
    write: file("evals/closures/CL-41c07be2.yaml", { ...closure, could_recur_unnoticed: true }),
    exit: 4,
    says: /CL-41c07be2\.yaml:8:\d+: could_recur_unnoticed.*needs an eval/,
  },
  {
    what: "a closure with a word that is none",
    write: file("evals/closures/CL-41c07be2.yaml", { ...closure, decision: "ignore" }),
    exit: 4,
    says: /CL-41c07be2\.yaml:5:11: decision is "ignore"; accepted: .*no_eval/,
  },
  {
    what: "a recording that is no JSON",
    write: file("evals/cassettes/EC-gift/lookup.jsonl", '{"tool": "lookup"\n'),
    exit: 4,
    says: /lookup\.jsonl:1/,
  },
  {
    what: "a recording without its result",
    write: file("evals/cassettes/EC-gift/lookup.jsonl", '{"tool": "lookup", "args": {}}\n'),
    exit: 4,
    says: /lookup\.jsonl:1.*(result|from).*/,
  },
  {
    what: "a cassette that is not there",
    write: file("evals/cases/EC-gift.yaml", {
      ...gift,
      environment: { cassette: "../cassettes/EC-none" },
    }),
    exit: 4,
    says: /EC-gift\.yaml.*cassettes\/EC-none.*does not exist/,
  },
  {
    what: "a lock that is no JSON",
    write: file("evals/agent.lock.json", "{"),
    exit: 4,
    says: /agent\.lock\.json/,
  },
  {
    what: "a rubric without its front matter",
    write: file("evals/rubrics/tone.md", "Fail what is rude.\n"),
    exit: 4,
    says: /rubrics\/tone\.md:1/,
  },
  {
    what: "a configuration with an unknown adapter",
    write: file("rootward.yaml", { agents: { desk: { adapter: "magic" } } }),
    exit: 64,
    says: /rootward\.yaml:\d+:\d+: unknown adapter "magic" in agents\.desk; accepted: .*command/,
  },
  {
    what: "a configuration with an unknown key",
    write: file("rootward.yaml", { agnts: {} }),
    exit: 64,
    says: /rootward\.yaml:1:1: unknown key "agnts"; accepted: .*agents/,
  },
];

const agents: readonly BadInput[] = [
  {
    what: "an agent that hangs",
    write: (desk) => {
      desk.write("agent.mjs", "setInterval(() => undefined, 1000);");
      desk.write(
        "rootward.yaml",
        desk.read("rootward.yaml").replace("timeout: 30s", "timeout: 1s"),
      );
    },
    exit: 3,
    says: /the agent did not end within 1 s and was stopped/,
  },
  {
    what: "an agent that floods its output",
    write: agentSays(
      'for (;;) await new Promise((r) => process.stdout.write("x".repeat(65536), r));',
    ),
    exit: 3,
    says: /the agent wrote more than \d+ bytes to its standard output and was stopped/,
  },
  {
    what: "an agent that exits 1",
    write: agentSays("console.error('Error: no such key'); process.exit(1);"),
    exit: 3,
    says: /the agent ended with exit code 1: Error: no such key/,
  },
  {
    what: "an agent that says something else than JSON",
    write: agentSays("console.log('done!');"),
    exit: 3,
    says: /the agent's last line is no JSON: "done!"; expected one JSON object/,
  },
  {
    what: "an agent that sends no spans, where a check needs them",
    write: file("evals/cases/EC-gift.yaml", {
      ...gift,
      assert: [...gift.assert, { type: "behavior:no-error" }],
    }),
    agent: "silent",
    exit: 3,
    says: /the agent sent no spans/,
  },
  {
    what: "an agent that sends the spans of an earlier run",
    write: (desk) =>
      desk.write(
        "agent.mjs",
        desk
          .read("agent.mjs")
          .replace(
            "const [, traceId, parent]",
            `const traceId = "${"cd".repeat(16)}"; const [, , parent]`,
          )
          .replace("BigInt(Date.now())", "BigInt(Date.now() - 86400000)"),
      ),
    exit: 3,
    says: /a run of trace (cd)+ that began before the trial did: it is no evidence/,
  },
  {
    what: "a cassette that does not answer the agent's calls",
    write: (desk) =>
      desk.write("agent.mjs", desk.read("agent.mjs").replace('"/lookup"', '"/look_it_up"')),
    exit: 3,
    says: /no recording for look_it_up/,
  },
];

for (const [at, { what, write, agent, exit, says }] of [...files, ...agents].entries()) {
  test(`${what}: exit ${exit}, with one sentence`, async () => {
    const desk = gateDesk(join(root, String(at)), [gift]);
    write(desk);
    const { code, text } = await desk.gate(agent ?? "honest", ["--base", "main"]);
    expect(text).toMatch(says);
    expect(code).toBe(exit);
  });
}
