import type { StepDigest } from "../model/digest.ts";
import { policy } from "../model/policy.ts";
import { isFailed } from "../model/run.ts";
import { levelName, shapeKey } from "./cleanwindow.ts";
import type { Clean } from "./cleanwindow.ts";
import type { Finding } from "./finding.ts";
import { compareText } from "./flows.ts";
import { leftOutAt } from "./missing.ts";
import { differenceOf, differs, tellDifference } from "./shapes.ts";
import { callerOf, componentOf, recovered, requestsOf, retrieves, toolOrder } from "./view.ts";
import type { RunView } from "./view.ts";

function describe(step: StepDigest): string {
  return step.error ? `${step.error.class}: ${step.error.text}` : step.outcome;
}

/** Failed calls of one tool count once, where they began: a repetition is no second deviation. */
export function unresolvedErrors(view: RunView): readonly Finding[] {
  const first = new Map<string, Finding>();
  for (const step of view.steps) {
    if (step.kind === "app" || step.kind === "agent") continue;
    if (!isFailed(step)) continue;
    if (recovered(view, step, policy("recoveredWithin"))) continue;
    const component = step.kind === "llm" ? (step.agent ?? step.name) : componentOf(step);
    const name = `error:${step.error?.class ?? "other"}`;
    const key = `${component} ${name}`;
    if (!first.has(key)) first.set(key, { at: step, component, name, seen: describe(step) });
  }
  return [...first.values()];
}

/** Retrievals that found nothing, unless a later one of the run found something. */
export function emptyRetrievals(view: RunView): readonly Finding[] {
  const steps = view.steps.filter(retrieves);
  const isEmpty = (step: StepDigest): boolean =>
    step.documents?.count === 0 || (step.documents === null && step.outcome === "empty");
  return steps
    .filter((step) => isEmpty(step))
    .filter(
      (step) => !steps.some((later) => later.seq > step.seq && (later.documents?.count ?? 0) > 0),
    )
    .map((step) => ({
      at: step,
      component: componentOf(step),
      expected: "documents",
      seen: `0 documents${step.query === null ? "" : ` for "${step.query}"`}`,
    }));
}

/** Whether this workflow retrieves by nature: as most of its clean runs do. */
function usuallyRetrieves(clean: Clean): boolean {
  return clean.retrieving >= policy("retrievingShare");
}

/** A run that cites although it never asked: what broke is the call that should have asked. */
export function skippedRetrieval(view: RunView, clean: Clean): readonly Finding[] {
  if (!view.run.failed.includes("grounded") || view.steps.some(retrieves)) return [];
  const [usual] = [...clean.retrievers].toSorted((a, b) => b[1] - a[1] || compareText(a[0], b[0]));
  const first = usual && leftOutAt(view, clean, usual[0]);
  if (!first || !usuallyRetrieves(clean)) return [];
  const share = Math.round(clean.retrieving * 100);
  return [
    {
      at: first,
      component: first.agent ?? first.name,
      expected: `a retrieval, as in ${share} % of clean runs`,
      seen: `no retrieval, yet it cites ${view.run.ungrounded.join(", ") || "something"}`,
    },
  ];
}

/** Cited documents that no retrieval of the run returned: the work of what wrote the answer. */
export function ungroundedCitations(view: RunView): readonly Finding[] {
  const { writer, run } = view;
  if (!writer || (run.ungrounded.length === 0 && !run.failed.includes("grounded"))) return [];
  const { grounded } = run.signals;
  const read =
    grounded.kind === "measured" ? grounded.evidence.map(({ text }) => text).join("; ") : "";
  return [
    {
      at: writer,
      component: writer.agent ?? writer.name,
      expected:
        run.retrieved && run.retrieved.length > 0 ? `one of ${run.retrieved.join(", ")}` : null,
      seen:
        run.ungrounded.length > 0
          ? `cites ${run.ungrounded.join(", ")}, which was not retrieved`
          : read || "says what nothing it read holds",
    },
  ];
}

/** An output unlike those of clean runs; which of its fields differ is part of what deviates. */
export function outputDifferences(view: RunView, clean: Clean): readonly Finding[] {
  const at = view.writer;
  const shape = view.run.outputShape;
  const profile = clean.profiles.get(shapeKey.output);
  const difference = profile && shape !== null && differenceOf(profile, shape);
  if (!at || !difference || !differs(difference)) return [];
  const { missing, added, retyped } = difference;
  const fields = [...missing, ...retyped.map(({ pointer }) => pointer), ...added];
  return [
    {
      at,
      component: [at.agent ?? at.name, ...fields.slice(0, policy("fieldsNamedMost"))].join(" "),
      expected: "the shape of clean outputs",
      seen: tellDifference(difference),
    },
  ];
}

/** Violations of the contract that the workflow declares. */
export function contractViolations(view: RunView): readonly Finding[] {
  const at = view.writer ?? view.steps.at(-1);
  const reading = view.run.signals.downstream_ok;
  const declared = reading.kind === "measured" && reading.method === "contract";
  if (!at || !declared || view.run.violations.length === 0) return [];
  return [
    {
      at,
      component: at.agent ?? at.name,
      expected: "the declared contract",
      seen: view.run.violations.join("; "),
    },
  ];
}

/** Steps of the application that refused what they were given: where a failure shows. */
export function rejections(view: RunView): readonly Finding[] {
  return view.steps
    .filter((step) => step.kind === "app")
    .filter(isFailed)
    .map((step) => ({
      at: step,
      component: step.error ? `${step.name}: ${step.error.template.slice(0, 60)}` : step.name,
      expected: "accepted",
      seen: describe(step),
    }));
}

/** Calls that follow one which they never followed in clean runs; trying the same again is no new order. */
export function strangeOrder(view: RunView, clean: Clean): readonly Finding[] {
  const order = toolOrder(view);
  const steps = requestsOf(view);
  return steps.flatMap((step, index) => {
    const pair = `${order[index]} → ${order[index + 1]}`;
    if (step.retryOf !== null || clean.window.bigrams.has(pair)) return [];
    const at = callerOf(view, step) ?? step;
    return [
      {
        at,
        tool: step.tool,
        component: componentOf(step),
        expected: "an order seen in clean runs",
        seen: pair,
      },
    ];
  });
}

/** Retrievals whose best match is worse than nearly all in clean runs. */
export function lowScores(view: RunView, clean: Clean): readonly Finding[] {
  return view.steps.flatMap((step) => {
    const score = step.documents?.topScore ?? null;
    const level = clean.window.levels.get(levelName.topScore(step));
    if (score === null || !level || level.n < policy("shapeSamples")) return [];
    const least = level.mean - policy("lowScoreDeviations") * level.deviation;
    if (score >= least || level.deviation === 0) return [];
    return [
      {
        at: step,
        component: componentOf(step),
        expected: `a best score of at least ${least.toFixed(2)}`,
        seen: `best score ${score.toFixed(2)}`,
      },
    ];
  });
}

/** Retrievals most of whose documents no clean run ever found, in a workflow that hardly ever finds new ones. */
export function strangeDocuments(view: RunView, clean: Clean): readonly Finding[] {
  if (clean.newDocument > policy("noveltyMost")) return [];
  return view.steps.flatMap((step) => {
    const ids = step.documents?.ids ?? [];
    const strange = ids.filter((id) => !clean.window.documentIds.has(id));
    if (strange.length === 0 || strange.length * 2 < ids.length) return [];
    return [
      {
        at: step,
        component: componentOf(step),
        expected: "documents that clean runs have found",
        seen: `${strange.length} of ${ids.length} documents never found before: ${strange.slice(0, 3).join(", ")}`,
      },
    ];
  });
}

/** Model calls with a confidence that is low in itself and against clean runs. */
export function unsureCalls(view: RunView, clean: Clean): readonly Finding[] {
  return view.calls.flatMap((step) => {
    const level = clean.window.levels.get(levelName.confidence(step));
    if (step.confidence === null || !level || level.n < policy("shapeSamples")) return [];
    const least = level.mean - policy("lowValueDeviations") * level.deviation;
    if (step.confidence >= Math.min(least, policy("confidenceLowBelow"))) return [];
    return [
      {
        at: step,
        component: view.run.taskType ?? step.agent ?? step.name,
        expected: `confidence around ${level.mean.toFixed(2)}`,
        seen: `confidence ${step.confidence.toFixed(2)}`,
      },
    ];
  });
}

/** Tools that stand in for another. */
export function secondChoices(view: RunView): readonly Finding[] {
  return view.steps
    .filter((step) => step.role === "fallback")
    .map((step) => ({
      at: step,
      component: componentOf(step),
      seen: "the second choice was used",
    }));
}

/** Answers that hedge or decline. */
export function hedges(view: RunView): readonly Finding[] {
  const { writer, run } = view;
  if (!writer || !(run.hedge || run.refusal)) return [];
  const seen = run.refusal ? "declines to answer" : "hedges its answer";
  return [{ at: writer, component: writer.agent ?? writer.name, seen }];
}
