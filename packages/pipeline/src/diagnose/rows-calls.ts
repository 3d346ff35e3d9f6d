import { policy } from "../model/policy.ts";
import type { Clean } from "./cleanwindow.ts";
import type { Finding } from "./finding.ts";
import { groupBy } from "./flows.ts";
import { callerOf, componentOf, isCall } from "./view.ts";
import type { RunView } from "./view.ts";

function byTool(view: RunView): ReturnType<typeof groupBy<RunView["steps"][number]>> {
  return groupBy(view.steps.filter(isCall), componentOf);
}

/** Anchored at the first repetition, not where the count is complete. */
export function loops(view: RunView, clean: Clean | null): readonly Finding[] {
  return [...byTool(view)].flatMap(([tool, steps]) => {
    const usual = clean?.window.tools.get(tool)?.maxCalls ?? 0;
    const second = steps[1];
    if (!second || steps.length < policy("loopCalls") || steps.length <= usual) return [];
    if (!clean && new Set(steps.map((step) => step.argsHash)).size === steps.length) return [];
    return [
      {
        at: second,
        component: tool,
        expected: clean ? `at most ${usual} calls` : null,
        seen: `${steps.length} calls`,
      },
    ];
  });
}

/** Model calls that ended at the limit of their length. */
export function cutOff(view: RunView): readonly Finding[] {
  return view.calls
    .filter((step) => step.finish === "length")
    .map((step) => ({
      at: step,
      component: step.agent ?? step.name,
      expected: "an answer that ends",
      seen: `cut off after ${step.tokensOut ?? "?"} tokens`,
    }));
}

/** A call that succeeded made again with the same arguments, though not so often that it is a loop. Stands at the model call that repeats. */
export function repeatedCalls(view: RunView): readonly Finding[] {
  return [...byTool(view)].flatMap(([tool, steps]) => {
    if (steps.length >= policy("loopCalls")) return [];
    const done = new Set<string>();
    const again = steps.find(({ argsHash, outcome }) => {
      if (argsHash === null || outcome !== "ok") return false;
      if (done.has(argsHash)) return true;
      done.add(argsHash);
      return false;
    });
    if (!again) return [];
    const at = callerOf(view, again) ?? again;
    return [
      {
        at,
        tool,
        component: tool,
        expected: "one call",
        seen: "called again with the same arguments",
      },
    ];
  });
}

/** Model calls that are told much less than the one before of the same agent: what was said between them is lost. */
export function cutContexts(view: RunView): readonly Finding[] {
  const before = new Map<string, number>();
  return view.calls.flatMap((call) => {
    if (call.tokensIn === null) return [];
    const agent = call.agent ?? "";
    const earlier = before.get(agent);
    before.set(agent, call.tokensIn);
    if (earlier === undefined || call.tokensIn > policy("contextKeptShare") * earlier) return [];
    return [
      {
        at: call,
        component: call.agent ?? call.name,
        expected: "no fewer tokens than before",
        seen: `told ${call.tokensIn} tokens after ${earlier}`,
      },
    ];
  });
}
