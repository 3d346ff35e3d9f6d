import { policy } from "../model/policy.ts";
import { shapeKey } from "./cleanwindow.ts";
import type { Clean } from "./cleanwindow.ts";
import type { Finding } from "./finding.ts";
import { componentOf, isCall } from "./view.ts";
import type { RunView } from "./view.ts";

interface Numbers {
  whole: number;
  broken: number;
}

/** How often each pointer held a number without and with decimals, by the raw shapes of one component. */
const known = new WeakMap<ReadonlyMap<string, number>, ReadonlyMap<string, Numbers>>();

function numbersOf(shapes: ReadonlyMap<string, number>): ReadonlyMap<string, Numbers> {
  const memo = known.get(shapes);
  if (memo) return memo;
  const found = new Map<string, Numbers>();
  for (const [shape, count] of shapes) {
    for (const [pointer, type] of numbersIn(shape)) {
      const entry = found.get(pointer) ?? { whole: 0, broken: 0 };
      found.set(pointer, entry);
      entry[type] += count;
    }
  }
  known.set(shapes, found);
  return found;
}

/** Pointers that hold a number, with whether it has decimals; of several the ones that do. */
function numbersIn(shape: string): ReadonlyMap<string, keyof Numbers> {
  const found = new Map<string, keyof Numbers>();
  for (const line of shape.split("\n")) {
    const colon = line.lastIndexOf(":");
    const [pointer, type] = [line.slice(0, colon), line.slice(colon + 1)];
    if (type === "float") found.set(pointer, "broken");
    else if (type === "int" && !found.has(pointer)) found.set(pointer, "whole");
  }
  return found;
}

/** Results with a whole number where clean ones hardly ever have one: another unit, or another rounding. */
export function lostDecimals(view: RunView, clean: Clean): readonly Finding[] {
  return view.steps.flatMap((step) => {
    if (!isCall(step) || step.resultShape === null || step.outcome !== "ok") return [];
    const shapes = clean.window.shapes.get(shapeKey.result(step));
    if (!shapes) return [];
    const usual = numbersOf(shapes);
    let chance = 1;
    const lost: string[] = [];
    for (const [pointer, type] of numbersIn(step.resultShape)) {
      const { whole, broken } = usual.get(pointer) ?? { whole: 0, broken: 0 };
      if (type !== "whole" || broken < policy("shapeSamples")) continue;
      chance *= (whole + 1) / (whole + broken + 2);
      lost.push(pointer);
    }
    if (lost.length === 0 || chance > policy("decimalsLostAlpha")) return [];
    return [
      {
        at: step,
        component: componentOf(step),
        expected: "numbers with decimals, as in clean results",
        seen: `whole numbers at ${lost.join(", ")}: another unit?`,
      },
    ];
  });
}
