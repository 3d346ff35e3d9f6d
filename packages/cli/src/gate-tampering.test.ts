import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { deskCase } from "./testing/desk.ts";
import { gateDesk } from "./testing/gate-desk.ts";

const root = mkdtempSync(join(tmpdir(), "rootward-tampering-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

type Desk = ReturnType<typeof gateDesk>;

const dayMs = 86_400_000;
const day = (days: number) => new Date(Date.now() + days * dayMs).toISOString().slice(0, 10);

const gift = deskCase();
const travel = deskCase({
  id: "EC-travel",
  severity: "P1",
  failure_class: "grounding",
  trials: { policy: "must_hold", n: 1 },
});

function writeCase(desk: Desk, more: Readonly<Record<string, unknown>>): void {
  const { id = "EC-gift" } = more;
  desk.write(`evals/cases/${String(id)}.yaml`, { ...gift, ...more });
}

function writeOverride(desk: Desk, created: string, expires: string): void {
  desk.write("evals/overrides/OV-travel.yaml", {
    schema: "override/v1",
    id: "OV-travel",
    case: "EC-travel",
    kind: "accept_failure",
    severity: "P1",
    covers: { assertions: ["citations:subset-of-retrieved"] },
    reason: "The repair waits for wording of the legal department.",
    risk: "One answer in ten cites a wrong document.",
    incident: "INC-7",
    follow_up: "https://example.com/7",
    requested_by: "@jo",
    approved_by: ["@mira"],
    created,
    expires,
  });
}

interface Tampering {
  readonly what: string;
  readonly tamper: (desk: Desk) => void;
  readonly args?: readonly string[];
  readonly agent?: "honest" | "invents" | "silent";
  readonly exit: number;
  readonly says: RegExp;
}

/** What a person may try so that the gate becomes green, with the exit code and the sentence that answer it. */
const table: readonly Tampering[] = [
  {
    what: "a case is deleted",
    tamper: (desk) => void desk.git("rm", "-q", "evals/cases/EC-gift.yaml"),
    exit: 4,
    says: /EC-gift/,
  },
  {
    what: "all cases are deleted",
    tamper: (desk) => void desk.git("rm", "-q", "-r", "evals"),
    exit: 4,
    says: /an empty gate passes nothing|does not exist/,
  },
  {
    what: "an assertion is replaced by an easier one",
    tamper: (desk) => writeCase(desk, { assert: [{ type: "behavior:no-error" }] }),
    exit: 4,
    says: /EC-gift.*citations:subset-of-retrieved/,
  },
  {
    what: "the severity is lowered",
    tamper: (desk) => writeCase(desk, { severity: "P1", failure_class: "grounding" }),
    exit: 4,
    says: /EC-gift.*P0/,
  },
  {
    what: "fewer trials are asked for",
    tamper: (desk) => writeCase(desk, { trials: { policy: "must_hold", n: 1 } }),
    exit: 4,
    says: /EC-gift.*trials/,
  },
  {
    what: "a case becomes a draft",
    tamper: (desk) => writeCase(desk, { status: "draft" }),
    exit: 4,
    says: /EC-gift.*draft/,
  },
  {
    what: "a case is retired without a closure",
    tamper: (desk) => writeCase(desk, { status: "retired" }),
    exit: 4,
    says: /EC-gift.*closure/,
  },
  {
    what: "the case asks something else",
    tamper: (desk) => writeCase(desk, { input: { message: "Hello?" } }),
    exit: 4,
    says: /EC-gift.*input/,
  },
  {
    what: "the recording holds what the agent invents",
    tamper: (desk) =>
      desk.write(
        "evals/cassettes/EC-gift/lookup.jsonl",
        desk.read("evals/cassettes/EC-gift/lookup.jsonl").replace("DOC-1", "DOC-9"),
      ),
    agent: "invents",
    exit: 4,
    says: /EC-gift.*lookup\.jsonl/,
  },
  {
    what: "a recording is put before the one that was there",
    tamper: (desk) =>
      desk.write(
        "evals/cassettes/EC-gift/a.jsonl",
        desk.read("evals/cassettes/EC-gift/lookup.jsonl").replace("DOC-1", "DOC-9"),
      ),
    agent: "invents",
    exit: 4,
    says: /EC-gift.*a\.jsonl/,
  },
  {
    what: "trials that passed elsewhere are brought along",
    tamper: (desk) => {
      desk.write(".rootward/results.jsonl", "");
      desk.git("add", "-f", ".rootward/results.jsonl");
    },
    agent: "invents",
    exit: 4,
    says: /\.rootward\/results\.jsonl is in git: each machine keeps its own/,
  },
  {
    what: "an override that has expired",
    tamper: (desk) => writeOverride(desk, day(-10), day(-1)),
    agent: "invents",
    args: ["--case", "EC-travel"],
    exit: 2,
    says: /OV-travel expired on/,
  },
  {
    what: "an override that begins tomorrow",
    tamper: (desk) => writeOverride(desk, day(1), day(20)),
    agent: "invents",
    args: ["--case", "EC-travel"],
    exit: 2,
    says: /OV-travel begins on/,
  },
  {
    what: "an override that was created on a day to come",
    tamper: (desk) => writeOverride(desk, day(3), day(20)),
    agent: "invents",
    args: ["--case", "EC-travel"],
    exit: 4,
    says: /today is .* by the clock of this machine, and OV-travel was created on/,
  },
  {
    what: "an override that lasts longer than its kind may",
    tamper: (desk) => writeOverride(desk, day(-1), day(300)),
    agent: "invents",
    exit: 4,
    says: /OV-travel\.yaml:\d+:\d+: expires is ".*": accept_failure may last 1 to 30 days/,
  },
  {
    what: "the agent crashes",
    tamper: (desk) => desk.write("agent.mjs", "throw new Error('no key');"),
    exit: 3,
    says: /the agent ended with exit code 1: Error: no key/,
  },
  {
    what: "the agent sends no spans, where a check needs them",
    tamper: (desk) =>
      desk.write("evals/cases/EC-gift.yaml", {
        ...gift,
        assert: [...gift.assert, { type: "behavior:no-error" }],
      }),
    agent: "silent",
    exit: 3,
    says: /the agent sent no spans/,
  },
  {
    what: "a mistyped folder",
    tamper: () => undefined,
    args: ["--dir", "eval"],
    exit: 64,
    says: /--dir eval does not exist/,
  },
  {
    what: "a mistyped case",
    tamper: () => undefined,
    args: ["--case", "EC-gfit"],
    exit: 64,
    says: /EC-gfit.*there are EC-gift, EC-travel/,
  },
];

for (const [at, { what, tamper, args, agent, exit, says }] of table.entries()) {
  test(`${what}: exit ${exit}`, async () => {
    const desk = gateDesk(join(root, String(at)), [gift, travel]);
    tamper(desk);
    const { code, text } = await desk.gate(agent ?? "honest", args ?? []);
    expect(text).toMatch(says);
    expect(code).toBe(exit);
  });
}

test("the same repository, untouched, is green, so that none of these is red for another reason", async () => {
  const desk = gateDesk(join(root, "untouched"), [gift, travel]);
  const { code, text } = await desk.gate("honest");
  expect(text).toContain("Pass: 2 of 2 cases hold");
  expect(code).toBe(0);
});
