import type { Declared } from "../model/run.ts";
import { signalNames } from "../model/signal.ts";
import { behavioral } from "../signals/attributes.ts";
import type { Step } from "./steps.ts";
import { plainOf } from "./value.ts";

/**
 * What the application declared of a step's behavior, on the step itself; nothing where it declares nothing. Values that Rootward
 * itself wrote on forwarding (`agent.behavioral.source` = `server`) are computed anew and do not count.
 */
export function declaredOf(step: Step): Declared {
  if (step.span.attributes.get(behavioral.source) === "server") return {};
  const declared: Declared = {};
  for (const name of signalNames) {
    const value = plainOf(step.span.attributes.get(behavioral[name]));
    if (value !== null) declared[name] = value;
  }
  return declared;
}
