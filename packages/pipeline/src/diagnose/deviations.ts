import type { Deviation, DeviationKind, DeviationStrength } from "../model/deviation.ts";
import { policy } from "../model/policy.ts";
import type { Clean } from "./cleanwindow.ts";
import { lostDecimals } from "./decimals.ts";
import { strangeTargets } from "./handoffs.ts";
import { missingSteps } from "./missing.ts";
import * as payload from "./rows-payload.ts";
import * as calls from "./rows-calls.ts";
import * as rows from "./rows-run.ts";
import type { Finding } from "./finding.ts";
import type { RunView } from "./view.ts";

interface Row {
  readonly kind: DeviationKind;
  readonly strength: DeviationStrength;
  readonly needsWindow: boolean;
  readonly find: (view: RunView, clean: Clean | null) => readonly Finding[];
}

/** A row that compares with clean runs finds nothing without them. */
function compared(find: (view: RunView, clean: Clean) => readonly Finding[]): Row["find"] {
  return (view, clean) => (clean ? find(view, clean) : []);
}

/** The deviation table. Source: diagnosis.md B5.2; rows marked `needsWindow` say nothing before a clean window is frozen. */
const table: readonly Row[] = [
  {
    kind: "schema_mismatch",
    strength: "strong",
    needsWindow: true,
    find: compared((view, clean) =>
      payload.resultDifferences(view, clean).filter(({ emptied }) => !emptied),
    ),
  },
  {
    kind: "value_mismatch",
    strength: "strong",
    needsWindow: true,
    find: compared((view, clean) =>
      payload.resultDifferences(view, clean).filter(({ emptied }) => emptied),
    ),
  },
  {
    kind: "handoff_schema",
    strength: "strong",
    needsWindow: true,
    find: compared(payload.handoffDifferences),
  },
  {
    kind: "args_mismatch",
    strength: "strong",
    needsWindow: true,
    find: compared(payload.argumentDifferences),
  },
  { kind: "args_mismatch", strength: "strong", needsWindow: false, find: payload.misledCalls },
  { kind: "low_score", strength: "strong", needsWindow: true, find: compared(rows.lowScores) },
  {
    kind: "strange_documents",
    strength: "strong",
    needsWindow: true,
    find: compared(rows.strangeDocuments),
  },
  { kind: "empty_retrieval", strength: "strong", needsWindow: false, find: rows.emptyRetrievals },
  {
    kind: "no_retrieval",
    strength: "strong",
    needsWindow: true,
    find: compared(rows.skippedRetrieval),
  },
  { kind: "truncated", strength: "strong", needsWindow: false, find: calls.cutOff },
  { kind: "ungrounded", strength: "strong", needsWindow: false, find: rows.ungroundedCitations },
  { kind: "error", strength: "strong", needsWindow: false, find: rows.unresolvedErrors },
  { kind: "loop", strength: "strong", needsWindow: false, find: calls.loops },
  { kind: "repeated", strength: "weak", needsWindow: true, find: calls.repeatedCalls },
  { kind: "context_cut", strength: "strong", needsWindow: true, find: calls.cutContexts },
  {
    kind: "handoff_target",
    strength: "strong",
    needsWindow: true,
    find: compared(strangeTargets),
  },
  {
    kind: "empty_result",
    strength: "strong",
    needsWindow: true,
    find: compared(payload.emptiedResults),
  },
  { kind: "empty_result", strength: "medium", needsWindow: false, find: payload.emptyResults },
  {
    kind: "handoff_dropped",
    strength: "strong",
    needsWindow: true,
    find: compared(payload.droppedFields),
  },
  {
    kind: "missing_step",
    strength: "strong",
    needsWindow: true,
    find: compared((view, clean) =>
      missingSteps(view, clean, { from: policy("sureStepShare"), below: Infinity }),
    ),
  },
  {
    kind: "missing_step",
    strength: "medium",
    needsWindow: true,
    find: compared((view, clean) =>
      missingSteps(view, clean, { from: 0, below: policy("sureStepShare") }),
    ),
  },
  { kind: "value_scale", strength: "weak", needsWindow: true, find: compared(lostDecimals) },
  {
    kind: "args_ungrounded",
    strength: "medium",
    needsWindow: true,
    find: payload.unsupportedArguments,
  },
  { kind: "order_never", strength: "medium", needsWindow: true, find: compared(rows.strangeOrder) },
  { kind: "contract", strength: "medium", needsWindow: false, find: rows.contractViolations },
  {
    kind: "output_mismatch",
    strength: "medium",
    needsWindow: true,
    find: compared(rows.outputDifferences),
  },
  { kind: "app_rejected", strength: "medium", needsWindow: false, find: rows.rejections },
  { kind: "fallback", strength: "weak", needsWindow: false, find: rows.secondChoices },
  { kind: "low_confidence", strength: "weak", needsWindow: true, find: compared(rows.unsureCalls) },
  { kind: "hedge", strength: "weak", needsWindow: true, find: rows.hedges },
];

/** How a deviation is counted in a clean window. */
export function rateKey({ name, component }: Pick<Deviation, "name" | "component">): string {
  return `${name}@${component}`;
}

/**
 * The ways in which a run is unlike clean runs, in the order of its steps, strong before weak at one step. What a share of at least
 * `policy.usualDeviationShare` of clean runs shows as well is left out.
 *
 * @param clean  null before a clean window is frozen: then only rows that need none speak
 */
export function deviationsOf(view: RunView, clean: Clean | null): readonly Deviation[] {
  const found = table.flatMap((row, order) =>
    row.needsWindow && !clean
      ? []
      : row.find(view, clean).map((finding) => ({ order, deviation: deviationOf(row, finding) })),
  );
  return found
    .filter(({ deviation }) => {
      const rate = clean?.window.rates.get(rateKey(deviation)) ?? 0;
      return rate < policy("usualDeviationShare");
    })
    .toSorted((a, b) => a.deviation.seq - b.deviation.seq || a.order - b.order)
    .map(({ deviation }) => deviation);
}

function deviationOf(row: Row, finding: Finding): Deviation {
  const { at } = finding;
  return {
    kind: row.kind,
    name: finding.name ?? row.kind,
    strength: row.strength,
    seq: at.seq,
    spanId: at.spanId,
    agent: at.agent,
    tool: finding.tool === undefined ? at.tool : finding.tool,
    component: finding.component,
    expected: finding.expected ?? null,
    seen: finding.seen.slice(0, policy("seenLengthMost")),
  };
}
