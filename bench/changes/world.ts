import type { Change, ChangeKind } from "@rootward/pipeline/model/change";
import type { RunDigest } from "@rootward/pipeline/model/digest";
import {
  beginMs,
  buildDigest,
  buildStep,
  goodSignals,
  measured,
  stepsWith,
} from "@rootward/pipeline/testing/build-digest";
import type { Random } from "../shared/random.ts";

/** What is done to one workflow, and what the ledger holds beside it. */
export const scenarios = [
  "true change",
  "told change",
  "gradual rollout",
  "slow onset",
  "provider, several workflows",
  "two at once",
  "silent change",
  "mix shift",
  "nothing",
] as const;
export type Scenario = (typeof scenarios)[number];

/** How runs fail after a change of each kind that the spans show. */
const modes = ["prompt", "model", "index", "response_schema", "tool_schema"] as const;
type Mode = (typeof modes)[number];

/** Which deviation names the cluster of each mode. */
export const primaryOf: Readonly<Record<Mode, string>> = {
  prompt: "ungrounded",
  model: "no_retrieval",
  index: "empty_retrieval",
  response_schema: "schema_mismatch",
  tool_schema: "args_mismatch",
};

const fieldOf: Readonly<Record<Mode | "deploy", string>> = {
  prompt: "prompt:desk",
  model: "model_answered:desk",
  index: "index:rules",
  response_schema: "response_schema:get_claim",
  tool_schema: "tool_schema:get_claim",
  deploy: "deploy",
};

export interface World {
  readonly scenario: Scenario;
  readonly mode: Mode;
  readonly runs: readonly RunDigest[];
  readonly told: readonly Change[];
  /** Which entries of the ledger are right to name; empty: none is. */
  readonly truth: (change: Change) => boolean;
  readonly hasTruth: boolean;
  readonly onsetMs: number;
}

export interface WorldOptions {
  readonly scenario: Scenario;
  readonly runsEach: number;
  readonly perDay: number;
  /** Share of runs that fail before and after. */
  readonly before: number;
  readonly after: number;
}

const workflows = ["desk-a", "desk-b", "desk-c", "desk-d"] as const;
const taskTypes = ["plain", "long", "composed"] as const;
const dayMs = 86_400_000;

/** A value that runs carry from some run on, by a share that may grow. */
interface Rollout {
  readonly field: string;
  readonly value: string;
  readonly from: number;
  /** Runs until all have it; 0: at once. */
  readonly over: number;
}

function broken(mode: Mode, index: number): Partial<RunDigest> {
  const ungrounded = { ...goodSignals, grounded: measured(0) };
  const rejected = { ...goodSignals, downstream_ok: measured(false) };
  switch (mode) {
    case "prompt":
      return { failed: ["grounded"], signals: ungrounded, ungrounded: ["D-9"] };
    case "model":
      return {
        failed: ["grounded"],
        signals: ungrounded,
        ungrounded: ["D-9"],
        retrieved: [],
        steps: [
          buildStep({ seq: 0, kind: "agent", name: "desk" }),
          buildStep({ seq: 1, kind: "llm", name: "chat", finish: "stop" }),
        ],
      };
    case "index":
      return {
        failed: ["grounded"],
        signals: ungrounded,
        ungrounded: ["D-9"],
        retrieved: [],
        steps: stepsWith({
          find_rules: { documents: { count: 0, ids: [], topScore: null }, query: `claim ${index}` },
        }),
      };
    case "response_schema":
      return {
        failed: ["downstream_ok"],
        signals: rejected,
        steps: stepsWith({
          get_claim: { resultShape: "/amount:int\n/currency_code:text\n/id:id" },
        }),
      };
    case "tool_schema":
      return {
        failed: ["downstream_ok"],
        signals: rejected,
        steps: stepsWith({ get_claim: { argsShape: "/claim_number:int" } }),
      };
  }
}

/** A tool's value that is missing once. */
function emptied(): Partial<RunDigest> {
  return {
    failed: ["downstream_ok"],
    signals: { ...goodSignals, downstream_ok: measured(false) },
    steps: stepsWith({ get_claim: { resultShape: "/amount:null\n/currency:text\n/id:id" } }),
  };
}

/** Herrings: changes near the onset that change nothing, some of the very kind that would explain it. */
function herringsOf(
  random: Random,
  { onset, runsEach, mode }: { onset: number; runsEach: number; mode: Mode },
): readonly { readonly kind: Mode | "deploy" | "config"; readonly at: number }[] {
  const shown = ["prompt", "model", "index", "tool_schema", "deploy", "config"] as const;
  const own = shown.find((kind) => kind === mode) ?? "deploy";
  return Array.from({ length: 2 + random.below(4) }, () => {
    const distance = random.pick([25, 50, 100, 200]);
    const at = onset + (random.chance(0.6) ? -distance : distance);
    const kind = random.chance(0.4) ? own : random.pick(shown);
    return { kind, at: Math.max(40, Math.min(runsEach - 20, at)) };
  });
}

function toldChange(id: string, kind: ChangeKind, atMs: number, workflow: string | null): Change {
  return {
    id,
    atMs,
    kind,
    workflow,
    environment: null,
    service: null,
    title: `${kind} ${id}`,
    before: null,
    after: null,
    origin: "told",
    field: null,
  };
}

/** Share of a rollout's runs at an index that carry it. */
function shareOf({ from, over }: Rollout, index: number): number {
  if (index < from) return 0;
  return over === 0 ? 1 : Math.min(1, (index - from + 1) / over);
}

/** One seeded ledger with the runs behind it. Workflow `desk-a` is the one that breaks; the others are its controls. */
export function worldOf(random: Random, options: WorldOptions): World {
  const { scenario, runsEach, perDay } = options;
  const severalFail = scenario === "provider, several workflows";
  const mode: Mode =
    severalFail || scenario === "silent change"
      ? "model"
      : scenario === "two at once" || scenario === "mix shift" || scenario === "gradual rollout"
        ? "prompt"
        : random.pick(modes);
  const onset = Math.round(runsEach * (0.45 + 0.3 * random.next()));
  const timeOf = (index: number): number => beginMs + (index / perDay) * dayMs;
  const onsetMs = timeOf(onset) - 1_000;
  const isShown = ["true change", "gradual rollout", "slow onset", "two at once"].includes(
    scenario,
  );
  const rollouts: Rollout[] = [];
  const told: Change[] = [];
  if (isShown || scenario === "mix shift") {
    const over = scenario === "gradual rollout" ? Math.round(runsEach * 0.2) : 0;
    rollouts.push({ field: fieldOf[mode], value: "true", from: onset, over });
  }
  if (scenario === "two at once") {
    rollouts.push({ field: fieldOf.model, value: "twin", from: onset, over: 0 });
  }
  if (scenario === "told change") told.push(toldChange("truth", mode, onsetMs, "desk-a"));
  if (severalFail) told.push(toldChange("truth", "provider", onsetMs, null));
  for (const [index, { kind, at }] of herringsOf(random, { onset, runsEach, mode }).entries()) {
    const isTold = scenario === "told change" || random.chance(0.4);
    const name = `herring-${index}`;
    const atMs = timeOf(at) - 1_000;
    if (isTold || kind === "config") {
      told.push(toldChange(name, kind, atMs, random.chance(0.3) ? null : "desk-a"));
    } else rollouts.push({ field: fieldOf[kind], value: name, from: at, over: 0 });
  }
  const runs = workflows.flatMap((workflow, at) =>
    runsOf(random, { ...options, workflow, at, mode, onset, rollouts }),
  );
  const isToldShape = scenario === "told change" && mode === "response_schema";
  const isTrue = (change: Change): boolean => {
    if (change.origin === "told" || change.field !== fieldOf[mode]) return false;
    const isNear = Math.abs(change.atMs - onsetMs) < (60 / perDay) * dayMs;
    return mode === "response_schema" ? isNear : change.after === "true";
  };
  const hasTruth =
    scenario !== "two at once" && (isShown || severalFail || told.some(({ id }) => id === "truth"));
  return {
    scenario,
    mode,
    runs,
    told,
    truth: (change) =>
      change.id === "truth" || (hasTruth && (isShown || isToldShape) && isTrue(change)),
    hasTruth,
    onsetMs,
  };
}

function runsOf(
  random: Random,
  given: WorldOptions & {
    readonly workflow: string;
    readonly at: number;
    readonly mode: Mode;
    readonly onset: number;
    readonly rollouts: readonly Rollout[];
  },
): readonly RunDigest[] {
  const { workflow, at, mode, onset, rollouts, scenario, runsEach, perDay, before, after } = given;
  const breaks = at === 0 ? scenario !== "nothing" : scenario === "provider, several workflows";
  return Array.from({ length: runsEach }, (_, index) => {
    const versions: Record<string, string> = {
      "prompt:desk": "first",
      "model_answered:desk": "first",
      "index:rules": "first",
      "tool_schema:get_claim": "first",
      deploy: "first",
    };
    const held = at > 0 ? [] : rollouts.filter((one) => random.chance(shareOf(one, index)));
    // A later value of a field stands upon an earlier one, which it holds.
    for (const { field, value } of held.toSorted((a, b) => a.from - b.from)) {
      if (field !== fieldOf.response_schema) versions[field] = value;
    }
    const isRolled = rollouts.some(({ value }) => value === "true");
    const carries = isRolled ? held.some(({ value }) => value === "true") : index >= onset;
    const taskType = taskOf(random, scenario === "mix shift" && at === 0 && index >= onset);
    const share = shareFailing({
      breaks,
      carries,
      index,
      taskType,
      onset,
      scenario,
      before,
      after,
      runsEach,
    });
    const isMixed = scenario === "mix shift" && at === 0;
    const fails = random.chance((breaks && carries) || isMixed ? share : before);
    // A shape that is new to the tool is no accident; values that are merely gone are.
    const isAccident = mode === "response_schema" && !(breaks && carries);
    const digest = buildDigest(index * workflows.length + at, {
      workflow,
      service: `${workflow}-api`,
      taskType,
      ...(fails ? (isAccident ? emptied() : broken(mode, index)) : {}),
    });
    return {
      ...digest,
      startedMs: beginMs + ((index + at / 10) / perDay) * dayMs,
      versions,
    };
  });
}

function taskOf(random: Random, isShifted: boolean): string {
  return random.weighted<string>(
    isShifted
      ? [
          [0.3, taskTypes[0]],
          [0.2, taskTypes[1]],
          [0.5, taskTypes[2]],
        ]
      : [
          [0.6, taskTypes[0]],
          [0.3, taskTypes[1]],
          [0.1, taskTypes[2]],
        ],
  );
}

function shareFailing(given: {
  readonly breaks: boolean;
  readonly carries: boolean;
  readonly index: number;
  readonly taskType: string;
  readonly onset: number;
  readonly scenario: Scenario;
  readonly before: number;
  readonly after: number;
  readonly runsEach: number;
}): number {
  const { index, taskType, onset, scenario, before, after, runsEach } = given;
  // The kinds of task fail at rates of their own, so that their mix alone raises the whole.
  if (scenario === "mix shift") return taskType === "composed" ? after * 1.5 : before / 2;
  if (scenario !== "slow onset") return after;
  const grown = Math.min(1, (index - onset) / (runsEach * 0.15));
  return before + (after - before) * Math.max(0.1, grown);
}
