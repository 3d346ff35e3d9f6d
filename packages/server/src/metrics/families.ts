import type { Context } from "../context.ts";
import type { Family } from "./family.ts";
import { intakeFamilies } from "./intake-families.ts";

/** Every metric: what came in, and how the runs behaved. */
export function familiesOf(context: Context): readonly Family[] {
  return [...intakeFamilies(context), ...context.signals.families()];
}
