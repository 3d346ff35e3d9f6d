import type { Cluster } from "../model/cluster.ts";
import type { Assertion } from "../model/assertion.ts";
import type { EvalCase } from "../model/evalcase.ts";
import type { Severity } from "../model/evalfields.ts";
import type { Day } from "../model/time.ts";
import type { WorkflowSettings } from "../model/workflow.ts";
import { choose, lacking } from "./backtest.ts";
import type { Chosen } from "./backtest.ts";
import { cassetteOf, unrecorded } from "./cassette.ts";
import type { RecordedCall } from "./cassette.ts";
import { classify } from "./failureclass.ts";
import type { Classified } from "./failureclass.ts";
import { redact } from "./personal.ts";
import { isObject } from "./pointer.ts";
import { propose } from "./proposals.ts";
import { recordingOf } from "./recording.ts";
import { secretIn } from "./secrets.ts";
import type { OutputChecker, Subject } from "./subject.ts";

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
}

/** A case ready to be written, and all that a person wants to know about how it came to be. */
export interface Generated {
  readonly evalCase: EvalCase;
  readonly cassette: readonly RecordedCall[];
  /** How many of them are of a clean run, because the failing one never made the call. */
  readonly fromClean: number;
  readonly classified: Classified;
  readonly chosen: Chosen;
  /** What keeps it a draft; empty: it is active. */
  readonly lacks: readonly string[];
  readonly redacted: number;
}

export type Generation =
  | { readonly ok: true; readonly generated: Generated }
  | { readonly ok: false; readonly why: string };

/**
 * One eval case for a cluster: input and cassette of its representative run, severity and grader by its failure class, the assertions that
 * separate its members from clean runs, and the proof of that.
 *
 * @returns why not: no member's spans hold the input, or a recording looks like a secret
 */
export async function generateCase(
  input: GenerateInput,
  checker: OutputChecker,
): Promise<Generation> {
  const { cluster, settings, members, clean } = input;
  const recording = recordingOf(members, clean, cluster);
  if (recording === null)
    return { ok: false, why: `no run of ${cluster.id} could be read again from its spans` };
  const recorded = recording.failing;
  const message = inputOf(recorded);
  if (message === null) {
    return {
      ok: false,
      why: `the input of run ${recorded.run.id} is not in its spans; switch content capture on and let the failure come again`,
    };
  }
  const secret = secretIn(JSON.stringify(message));
  if (secret !== null)
    return {
      ok: false,
      why: `the input of run ${recorded.run.id} holds what looks like ${secret}`,
    };
  const cassette = cassetteOf(recorded);
  if (!cassette.ok) return cassette;
  const added = recording.clean && cassetteOf(recording.clean.subject, recording.clean.tools);
  if (added && !added.ok) return added;
  const classified = classify(cluster, settings, members);
  const chosen = await choose(
    propose({ cluster, members, clean, recording }),
    members,
    clean,
    checker,
  );
  const lacks = [...lacking(chosen.validation), ...unreplayable(recorded)];
  const redactedInput = redact(message);
  return {
    ok: true,
    generated: {
      evalCase: caseOf(
        input,
        recorded,
        redactedInput.value,
        classified,
        chosen,
        lacks.length === 0,
      ),
      cassette: [...cassette.calls, ...(added?.calls ?? [])],
      fromClean: added?.calls.length ?? 0,
      classified,
      chosen,
      lacks,
      redacted: cassette.redacted + (added?.redacted ?? 0) + redactedInput.count,
    },
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

/** The id of a cluster's case: `EC-` and the same eight characters. */
export function caseIdOf(cluster: Pick<Cluster, "id">): string {
  return cluster.id.replace(/^CL-/, "EC-");
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

function severityOf(asked: Severity | null, floor: Severity): Severity {
  return asked !== null && asked < floor ? asked : floor;
}

function titleOf(cluster: Cluster): string {
  const title =
    cluster.title.length >= 10 ? cluster.title : `${cluster.title} in ${cluster.workflow}`;
  return title.length <= 140 ? title : `${title.slice(0, 139)}…`;
}

const runOnByCause: Readonly<Record<string, EvalCase["run_on"]>> = {
  retrieval_drift: ["model", "prompt", "tool_schema", "retrieval_index"],
  inter_agent_misalignment: ["model", "prompt", "tool_schema", "code"],
};

function provenanceOf(
  { cluster, clean, by, today, version }: GenerateInput,
  recorded: Subject,
): EvalCase["provenance"] {
  const [first] = cluster.attribution.causes;
  const step = cluster.origin?.tool ?? cluster.origin?.agent ?? cluster.signature.component;
  const passing = clean[0]?.run.traceIds[0];
  return {
    origin: "production",
    cluster: cluster.id,
    members: cluster.members.length,
    signature: cluster.signature.key,
    cause: {
      class: first?.cause ?? "unknown",
      step,
      attribution: first?.change
        ? `${first.change.title} (${new Date(first.change.atMs).toISOString()}); ${first.verdict}`
        : `${first?.verdict ?? "unresolved"}: ${first?.match ?? 0} checks match, ${first?.contradict ?? 0} contradict`,
    },
    traces: [
      {
        trace_id: recorded.run.traceIds[0] ?? "",
        ...(cluster.origin ? { span_id: cluster.origin.spanId } : {}),
        role: "failing" as const,
      },
      ...(passing === undefined ? [] : [{ trace_id: passing, role: "passing" as const }]),
    ],
    created: { at: today, by, tool: `rootward/${version}` },
  };
}

function recognizeOf(settings: WorkflowSettings): EvalCase["recognize"] {
  const { citation } = settings;
  return {
    ...(settings.retrievers.length > 0 ? { retrievers: [...settings.retrievers] } : {}),
    ...(citation
      ? {
          citation: {
            ...(citation.pattern === null ? {} : { pattern: citation.pattern }),
            ...(citation.pointer === null ? {} : { pointer: citation.pointer }),
          },
        }
      : {}),
    ...(settings.fallbackTools.length > 0 ? { fallback_tools: [...settings.fallbackTools] } : {}),
    ...(settings.finalTools.length > 0 ? { final_tools: [...settings.finalTools] } : {}),
  };
}

function withReasons(assertions: readonly Assertion[], cluster: Cluster): Assertion[] {
  return assertions.map((assertion) => ({
    ...assertion,
    why: `${cluster.id}: ${cluster.title}`.slice(0, 200),
  }));
}

function caseOf(
  input: GenerateInput,
  recorded: Subject,
  message: unknown,
  classified: Classified,
  chosen: Chosen,
  proven: boolean,
): EvalCase {
  const { cluster, settings, agent, by, today } = input;
  const id = caseIdOf(cluster);
  const { validation } = chosen;
  const cause = cluster.attribution.causes[0]?.cause ?? "unknown";
  return {
    schema: "eval-case/v1",
    id,
    title: titleOf(cluster),
    severity: severityOf(input.severity, classified.severity),
    failure_class: classified.failureClass,
    compliance_workflow: settings.compliance,
    grader: "assertion",
    status: proven ? "active" : "draft",
    owner: by,
    provenance: provenanceOf(input, recorded),
    agent,
    workflow: cluster.workflow,
    ...(recorded.run.taskType === null ? {} : { task_type: recorded.run.taskType }),
    recognize: recognizeOf(settings),
    input: isObject(message) ? { ...message } : { message },
    environment: {
      model: "live",
      tools: "replay",
      retrieval: "replay",
      cassette: `../cassettes/${id}`,
      match: "sequence",
      on_miss: "undecided",
    },
    assert: withReasons(chosen.assertions, cluster),
    run_on: runOnByCause[cause] ?? ["model", "prompt", "tool_schema"],
    validation: {
      at: today,
      failing: `${validation.caught}/${validation.members}`,
      passing: `${validation.accepted}/${validation.clean}`,
    },
  };
}
