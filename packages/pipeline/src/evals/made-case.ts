import type { Assertion } from "../model/assertion.ts";
import type { Cluster } from "../model/cluster.ts";
import type { EvalCase } from "../model/evalcase.ts";
import type { Severity } from "../model/evalfields.ts";
import type { JudgeInput } from "../model/rubric.ts";
import type { WorkflowSettings } from "../model/workflow.ts";
import type { Chosen } from "./backtest.ts";
import type { Classified } from "./failureclass.ts";
import type { GenerateInput } from "./generate.ts";
import type { GraderChoice } from "./grader.ts";
import { isObject } from "./pointer.ts";
import type { Subject } from "./subject.ts";

/** Everything that a case is made of. */
export interface CaseParts {
  readonly input: GenerateInput;
  readonly id: string;
  /** The failing run that is recorded. */
  readonly recorded: Subject;
  readonly message: unknown;
  readonly classified: Classified;
  readonly chosen: Chosen;
  readonly choice: GraderChoice;
  readonly judged: { readonly rubric: string; readonly inputs: readonly JudgeInput[] } | null;
  /** Whether it gates from now on. */
  readonly proven: boolean;
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

function severityOf(asked: Severity | null, floor: Severity): Severity {
  return asked !== null && asked < floor ? asked : floor;
}

/** What a person decided otherwise than the tables, and why. */
function historyOf({ input, classified }: CaseParts): NonNullable<EvalCase["history"]> {
  const { asked, by, today: at, cluster } = input;
  if (!asked || asked.why === null) return [];
  const { nth, failureClass, why } = asked;
  return [
    ...(nth > 1 ? [{ at, by, change: `case ${nth} of ${cluster.id}`, why }] : []),
    ...(failureClass === null
      ? []
      : [{ at, by, change: `failure class ${classified.failureClass} by a person`, why }]),
  ];
}

/** The case, before anything in it is redacted. */
export function madeCase(parts: CaseParts): EvalCase {
  const { input, id, recorded, message, classified, chosen, choice, judged, proven } = parts;
  const { cluster, settings, agent, by, today } = input;
  const { validation } = chosen;
  const cause = cluster.attribution.causes[0]?.cause ?? "unknown";
  const history = historyOf(parts);
  return {
    schema: "eval-case/v1",
    id,
    title: titleOf(cluster),
    severity: severityOf(input.severity, classified.severity),
    failure_class: classified.failureClass,
    compliance_workflow: settings.compliance,
    grader: choice.grader,
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
    ...(judged === null
      ? {}
      : {
          judge: {
            rubric: `../rubrics/${judged.rubric}.md`,
            votes: 3,
            inputs: [...judged.inputs],
          },
        }),
    run_on: runOnByCause[cause] ?? ["model", "prompt", "tool_schema"],
    ...(judged === null
      ? {
          validation: {
            at: today,
            failing: `${validation.caught}/${validation.members}`,
            passing: `${validation.accepted}/${validation.clean}`,
          },
        }
      : {}),
    ...(history.length > 0 ? { history } : {}),
  };
}
