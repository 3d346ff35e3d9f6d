import { severityFloor } from "../model/evalcase.ts";
import type { FailureClass } from "../model/evalcase.ts";
import type { Severity } from "../model/evalfields.ts";
import { policy } from "../model/policy.ts";
import type { Cluster } from "../model/cluster.ts";
import type { WorkflowSettings } from "../model/workflow.ts";
import type { Subject } from "./subject.ts";

/** What a cluster's failures endanger, how severe that makes its case, and by which rule. */
export interface Classified {
  readonly failureClass: FailureClass;
  readonly severity: Severity;
  readonly reason: string;
}

interface Facts {
  readonly primary: string;
  readonly settings: WorkflowSettings;
  readonly members: readonly Subject[];
  /** Share of members for which it holds. */
  readonly share: (holds: (subject: Subject) => boolean) => number;
}

const groundingDeviations = [
  "ungrounded",
  "empty_retrieval",
  "low_score",
  "no_citation",
  "no_retrieval",
  "num_unsupported",
];
const downstreamDeviations = [
  "schema_mismatch",
  "value_mismatch",
  "args_mismatch",
  "output_mismatch",
  "handoff_schema",
  "downstream_null",
  "contract",
  "app_rejected",
];

const majority = policy("classMajority");

function failsGrounding({ primary, share }: Facts): boolean {
  return (
    groundingDeviations.includes(primary) ||
    share(({ digest }) => digest.failed.includes("grounded")) > majority
  );
}

interface Rule {
  readonly failureClass: FailureClass;
  /** A sentence where the rule holds, else null. */
  readonly holds: (facts: Facts) => string | null;
}

/** The first that holds decides. Source: evals.md 4.2. */
const rules: readonly Rule[] = [
  {
    failureClass: "safety",
    holds: ({ settings, share }) => {
      const guarded = share(({ run }) =>
        run.evaluations.some(
          ({ name, source, value }) =>
            source === "guardrail" || (settings.safety.includes(name) && value === 0),
        ),
      );
      const forbidden = share(({ run }) =>
        run.toolCalls.some(({ name }) => settings.forbiddenTools.includes(name)),
      );
      if (forbidden > 0) return "a forbidden tool was called";
      return guarded > majority ? "a safety evaluation failed" : null;
    },
  },
  {
    failureClass: "compliance",
    holds: (facts) =>
      facts.settings.compliance && (failsGrounding(facts) || facts.primary === "fallback")
        ? "a failure of grounding in a compliance workflow"
        : null,
  },
  {
    failureClass: "compliance",
    holds: ({ settings }) =>
      settings.complianceRecord ? "the output itself is the compliance record" : null,
  },
  {
    failureClass: "complete_task_failure",
    holds: ({ primary, share }) => {
      if (primary === "exhausted") return "the step limit was reached without an answer";
      const without = share(
        ({ run }) => run.error !== null || (run.complete && run.output.value === null),
      );
      return without > majority ? "most members ended in an error or without an output" : null;
    },
  },
  {
    failureClass: "grounding",
    holds: (facts) =>
      failsGrounding(facts) ? "the answers rest on nothing that was retrieved" : null,
  },
  {
    failureClass: "formatting",
    holds: ({ members }) => {
      const violations = members.flatMap(({ digest }) => digest.violations);
      const onForm = violations.filter((text) => /date|format|pattern|casing|offset/i.test(text));
      return violations.length > 0 && onForm.length === violations.length
        ? "the values are there, only their form is wrong"
        : null;
    },
  },
  {
    failureClass: "downstream_validation",
    holds: ({ primary, share }) =>
      downstreamDeviations.includes(primary) ||
      share(({ digest }) => digest.failed.includes("downstream_ok")) > majority
        ? "what comes after cannot use the output"
        : null,
  },
];

/**
 * The failure class of a cluster, by the first rule that holds, with the severity that it demands.
 *
 * @param asked  what a person says it is; a wrong fact in a compliance workflow is a failure of compliance
 */
export function classify(
  cluster: Cluster,
  settings: WorkflowSettings,
  members: readonly Subject[],
  asked: FailureClass | null = null,
): Classified {
  if (asked !== null) {
    const raised = asked === "accuracy" && settings.compliance;
    const failureClass = raised ? "compliance" : asked;
    return {
      failureClass,
      severity: severityFloor(failureClass, settings.compliance),
      reason: raised ? "a person says: a wrong fact in a compliance workflow" : "a person says so",
    };
  }
  const share = (holds: (subject: Subject) => boolean) =>
    members.length === 0 ? 0 : members.filter(holds).length / members.length;
  // A name may say more after a colon than its kind.
  const [primary = ""] = cluster.signature.primary.split(":");
  const facts = { primary, settings, members, share };
  for (const { failureClass, holds } of rules) {
    const reason = holds(facts);
    if (reason === null) continue;
    const severity = severityFloor(failureClass, settings.compliance);
    return { failureClass, severity, reason };
  }
  return { failureClass: "quality", severity: "P1", reason: "none of the other classes holds" };
}
