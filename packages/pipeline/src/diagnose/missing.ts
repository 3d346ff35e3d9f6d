import type { StepDigest } from "../model/digest.ts";
import { policy } from "../model/policy.ts";
import type { Clean } from "./cleanwindow.ts";
import type { Finding } from "./finding.ts";
import { componentOf, requestsOf } from "./view.ts";
import type { RunView } from "./view.ts";

/** Whether clean runs call one tool after another. */
function follows(clean: Clean, earlier: string, later: string): boolean {
  return clean.window.after.has(`${earlier} → ${later}`);
}

/** Of the steps that come next after one in clean runs, the share that are this tool; rare ones leave the usual way. */
function isOnTheWay(clean: Clean, from: string, to: string): boolean {
  const prefix = `${from} → `;
  let all = 0;
  for (const [pair, count] of clean.window.bigrams) if (pair.startsWith(prefix)) all += count;
  const here = clean.window.bigrams.get(`${prefix}${to}`) ?? 0;
  return here > 0 && here / all >= policy("usualDeviationShare");
}

/**
 * The model call that should have asked for a tool: the one after the last step that ever comes before it in clean runs, as far as
 * the run went as they do.
 *
 * @returns undefined in a run without model calls
 */
export function leftOutAt(view: RunView, clean: Clean, tool: string): StepDigest | undefined {
  let last: StepDigest | undefined;
  for (const step of requestsOf(view)) {
    const from = last ? componentOf(last) : "<start>";
    const isUsual = step.retryOf !== null || isOnTheWay(clean, from, componentOf(step));
    if (!isUsual || !follows(clean, componentOf(step), tool)) break;
    last = step;
  }
  const seq = last?.seq ?? -Infinity;
  return view.calls.find((call) => call.seq > seq) ?? view.calls.at(-1);
}

/**
 * Of the tools that nearly every clean run calls and this one does not, those that would have come first: what is missing after
 * them follows from it.
 *
 * @param shares  of clean runs that call the tool: from, and below
 */
export function missingSteps(
  view: RunView,
  clean: Clean,
  shares: { readonly from: number; readonly below: number },
): readonly Finding[] {
  const called = new Set(requestsOf(view).map(componentOf));
  const shareOf = (tool: string): number =>
    (clean.window.tools.get(tool)?.runs ?? 0) / Math.max(1, clean.window.runs);
  const missing = [...clean.window.tools.keys()].filter(
    (tool) => !called.has(tool) && shareOf(tool) >= policy("expectedStepShare"),
  );
  const first = missing.filter(
    (tool) => !missing.some((other) => follows(clean, other, tool) && !follows(clean, tool, other)),
  );
  return first
    .filter((tool) => shareOf(tool) >= shares.from && shareOf(tool) < shares.below)
    .flatMap((tool) => {
      const at = leftOutAt(view, clean, tool);
      const instead = at && insteadOf(view, clean, { at, tool });
      if (!at || !instead) return [];
      const expected = `a call, as in ${Math.round(shareOf(tool) * 100)} % of clean runs`;
      return [{ at, tool, component: tool, expected, ...instead }];
    });
}

/**
 * What the model did in place of the call: it ended there, asked a tool that does not come after it in clean runs, or went on as if it
 * had called. null where it went round in a loop, which is another deviation.
 */
function insteadOf(
  view: RunView,
  clean: Clean,
  { at, tool }: { readonly at: StepDigest; readonly tool: string },
): Pick<Finding, "name" | "seen"> | null {
  const requests = requestsOf(view);
  const next = requests.find((step) => step.seq > at.seq);
  if (!next) return { name: "missing_step:ended", seen: "not called: the run ended before" };
  const asked = componentOf(next);
  const times = requests.filter((step) => componentOf(step) === asked).length;
  if (times >= policy("loopCalls") && follows(clean, asked, tool)) return null;
  if (isOnTheWay(clean, tool, asked)) return { name: "missing_step", seen: "not called" };
  return { name: "missing_step:replaced", seen: `not called: ${asked} was called instead` };
}
