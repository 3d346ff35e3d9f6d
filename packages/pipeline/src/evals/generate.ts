import type { Checker } from "../model/checker.ts";
import { lacking } from "../model/activation.ts";
import type { Assertion } from "../model/assertion.ts";
import type { Cluster } from "../model/cluster.ts";
import type { EvalCase, FailureClass } from "../model/evalcase.ts";
import type { Severity } from "../model/evalfields.ts";
import type { JudgeInput } from "../model/rubric.ts";
import type { Day } from "../model/time.ts";
import type { WorkflowSettings } from "../model/workflow.ts";
import { choose, separates } from "./backtest.ts";
import type { Chosen } from "./backtest.ts";
import { cassetteOf, unrecorded } from "./cassette.ts";
import type { RecordedCall } from "./cassette.ts";
import { draftRubric } from "./draft-rubric.ts";
import type { DraftRubric } from "./draft-rubric.ts";
import { classify } from "./failureclass.ts";
import type { Classified } from "./failureclass.ts";
import { nameOf } from "./grade.ts";
import { graderOf } from "./grader.ts";
import type { GraderChoice } from "./grader.ts";
import { madeCase } from "./made-case.ts";
import { redact, redactText } from "./personal.ts";
import { isObject } from "./pointer.ts";
import { propose } from "./proposals.ts";
import { recordingOf } from "./recording.ts";
import type { Recording } from "./recording.ts";
import { secretIn } from "./secrets.ts";
import type { Subject } from "./subject.ts";

/** What the person who adds a case decides otherwise than the tables. */
export interface Asked {
  readonly grader: "assertion" | "judge" | null;
  readonly failureClass: FailureClass | null;
  /** Needed for another failure class and for a second case. */
  readonly why: string | null;
  /** 1; 2 for a second case of the cluster. */
  readonly nth: number;
}

export interface GenerateInput {
  readonly cluster: Cluster;
  readonly settings: WorkflowSettings;
  /** The cluster's runs; the representative is among them. */
  readonly members: readonly Subject[];
  /** Unfailed runs of the same workflow and environment. */
  readonly clean: readonly Subject[];
  /** The name under `agents:` in `rootward.yaml` that the gate runs. */
  readonly agent: string;
  readonly today: Day;
  /** Who adds the case, and who owns it. */
  readonly by: string;
  /** Raises the severity that the failure class demands. */
  readonly severity: Severity | null;
  readonly version: string;
  readonly asked?: Asked;
}

/** A case ready to be written, and all that a person wants to know about how it came to be. */
export interface Generated {
  readonly evalCase: EvalCase;
  readonly cassette: readonly RecordedCall[];
  /** How many of them are of a clean run, because the failing one never made the call. */
  readonly fromClean: number;
  readonly classified: Classified;
  readonly choice: GraderChoice;
  /** The judge's, to be finished by a person; null without a judge. */
  readonly rubric: DraftRubric | null;
  readonly chosen: Chosen;
  /** What keeps it a draft; empty: it is active. */
  readonly lacks: readonly string[];
  readonly warnings: readonly string[];
  readonly redacted: number;
}

export type Generation =
  | { readonly ok: true; readonly generated: Generated }
  | { readonly ok: false; readonly why: string };

/**
 * One eval case for a cluster: input and cassette of its representative run, severity and grader by its failure class, the assertions that
 * separate its members from clean runs, and the proof of that. Personal data is redacted wherever it stands.
 *
 * @returns why not: no member's spans hold the input, or something that would be written looks like a secret
 */
export async function generateCase(input: GenerateInput, checker: Checker): Promise<Generation> {
  const { cluster, settings, members, clean, asked } = input;
  const taped = tapeOf(input);
  if (!taped.ok) return taped;
  const { recording, message, cassette, fromClean } = taped;
  const recorded = recording.failing;
  const classified = classify(cluster, settings, members, asked?.failureClass ?? null);
  const proposed = propose({ cluster, members, clean, recording, settings });
  const { fit, unfit } = fitToWrite(proposed);
  const found = await choose(fit, members, clean, checker);
  const [primary = ""] = cluster.signature.primary.split(":");
  const choice = graderOf({
    validation: found.validation,
    classified,
    primary,
    asked: asked?.grader ?? null,
  });
  const id = caseIdOf(cluster.id, asked?.nth ?? 1);
  const judged = choice.grader === "judge" ? judgedBy(id, members) : null;
  // A judge is asked after the assertions: one that fails good answers would never let it speak.
  const cheap =
    found.validation.caught > 0 && separates({ ...found.validation, caught: members.length });
  const chosen = judged === null || cheap ? found : { ...found, assertions: [] };
  const rubric = judged && draftRubric({ id: judged.rubric, ...judged, ...input, ...classified });
  const lacks = [
    ...(judged === null
      ? lacking(chosen.validation)
      : [
          `its judge is not calibrated: finish the rubric, check its labels, then rootward cases calibrate ${judged.rubric} and rootward cases activate ${id}`,
        ]),
    ...unreplayable(recorded),
  ];
  const proven = lacks.length === 0;
  const written = redactedCase(
    madeCase({ input, id, recorded, message, classified, chosen, choice, judged, proven }),
  );
  const leak = secretIn(JSON.stringify(written.evalCase));
  if (leak !== null)
    return {
      ok: false,
      why: `what the case would say of ${cluster.id} holds what looks like ${leak}`,
    };
  return {
    ok: true,
    generated: {
      evalCase: written.evalCase,
      cassette,
      fromClean,
      classified,
      choice,
      rubric,
      chosen,
      lacks,
      warnings: [...(choice.warning === null ? [] : [choice.warning]), ...unfit],
      redacted: taped.redacted + written.count,
    },
  };
}

type Taped =
  | {
      readonly ok: true;
      readonly recording: Recording;
      readonly message: Record<string, unknown>;
      readonly cassette: readonly RecordedCall[];
      /** Of them, how many are of a clean run. */
      readonly fromClean: number;
      readonly redacted: number;
    }
  | { readonly ok: false; readonly why: string };

/** The recorded run with its input and the calls that are replayed. */
function tapeOf({ cluster, members, clean }: GenerateInput): Taped {
  const recording = recordingOf(members, clean, cluster);
  if (recording === null)
    return { ok: false, why: `no run of ${cluster.id} could be read again from its spans` };
  const { run } = recording.failing;
  const message = inputOf(recording.failing);
  if (message === null) {
    return {
      ok: false,
      why: `the input of run ${run.id} is not in its spans; switch content capture on and let the failure come again`,
    };
  }
  const secret = secretIn(JSON.stringify(message));
  if (secret !== null)
    return { ok: false, why: `the input of run ${run.id} holds what looks like ${secret}` };
  const own = cassetteOf(recording.failing);
  if (!own.ok) return own;
  const added = recording.clean && cassetteOf(recording.clean.subject, recording.clean.tools);
  if (added && !added.ok) return added;
  return {
    ok: true,
    recording,
    message,
    cassette: [...own.calls, ...(added?.calls ?? [])],
    fromClean: added?.calls.length ?? 0,
    redacted: own.redacted + (added?.redacted ?? 0),
  };
}

/** Proposals that may be written as they were tried, and a sentence on each of the others. */
function fitToWrite(proposed: readonly Assertion[]): {
  readonly fit: readonly Assertion[];
  readonly unfit: readonly string[];
} {
  const fit: Assertion[] = [];
  const unfit: string[] = [];
  for (const assertion of proposed) {
    const secret = secretIn(JSON.stringify(assertion));
    const holds = secret ?? (redact(assertion).count > 0 ? "personal data" : null);
    if (holds === null) fit.push(assertion);
    else unfit.push(`left out ${redactText(nameOf(assertion)).value}: its value holds ${holds}`);
  }
  return { fit, unfit };
}

function judgedBy(
  id: string,
  members: readonly Subject[],
): { readonly rubric: string; readonly inputs: readonly JudgeInput[] } {
  const retrieves = members.some(({ run }) =>
    run.retrievals.some(({ documents }) => (documents ?? []).some(({ text }) => text !== null)),
  );
  return {
    rubric: id.toLowerCase(),
    inputs: retrieves ? ["input", "output", "retrieved"] : ["input", "output"],
  };
}

/** The case with its texts redacted; ids of traces, which are no texts, as they are. */
function redactedCase(evalCase: EvalCase): { readonly evalCase: EvalCase; readonly count: number } {
  let count = 0;
  const text = (given: string): string => {
    const redacted = redactText(given);
    count += redacted.count;
    return redacted.value;
  };
  const { cause, signature } = evalCase.provenance;
  const message = redact(evalCase.input);
  count += message.count;
  return {
    evalCase: {
      ...evalCase,
      title: text(evalCase.title),
      provenance: {
        ...evalCase.provenance,
        ...(signature === undefined ? {} : { signature: text(signature) }),
        ...(cause === undefined
          ? {}
          : { cause: { ...cause, step: text(cause.step), attribution: text(cause.attribution) } }),
      },
      input: isObject(message.value) ? { ...message.value } : { message: message.value },
      assert: evalCase.assert.map((assertion) =>
        assertion.why === undefined ? assertion : { ...assertion, why: text(assertion.why) },
      ),
      ...(evalCase.history === undefined
        ? {}
        : { history: evalCase.history.map((entry) => ({ ...entry, why: text(entry.why) })) }),
    },
    count,
  };
}

function unreplayable(recorded: Subject): readonly string[] {
  const tools = unrecorded(recorded);
  return tools.length === 0
    ? []
    : [
        `the spans hold no result of ${tools.join(", ")}, so the gate cannot replay it; switch content capture on and let the failure come again`,
      ];
}

/** The id of a cluster's case: `EC-` and the same eight characters; of a further one `-2` and so on behind them. */
export function caseIdOf(cluster: string, nth = 1): string {
  const id = cluster.replace(/^CL-/, "EC-");
  return nth === 1 ? id : `${id}-${nth}`;
}

function inputOf({ run }: Subject): Record<string, unknown> | null {
  if (run.input.value === null) return null;
  try {
    const parsed: unknown = JSON.parse(run.input.value);
    if (isObject(parsed)) return { ...parsed };
  } catch {
    // Plain text is the usual case.
  }
  return { message: run.input.value };
}
