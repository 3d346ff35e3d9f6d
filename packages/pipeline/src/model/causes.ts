import { z } from "zod";
import { OwnCauseName, causeNames } from "./attribution.ts";
import { changeKinds } from "./change.ts";
import { deviationKinds } from "./deviation.ts";

const Kinds = z.array(z.enum(changeKinds)).min(1);
const Names = z.array(z.string().min(1)).min(1);

/**
 * What every check of a row says of itself. A cause is not considered unless its `needed` checks match (no evidence, no cause) and none
 * that would `veto` it contradicts; the others rank.
 */
const common = {
  /** Names the check where a row uses one twice; its word in the vocabulary without it. */
  id: z
    .string()
    .regex(/^[a-z][a-z0-9_]*$/)
    .optional(),
  /** The observation in words, as a person reads it. */
  asks: z.string().min(1),
  role: z.enum(["needed", "veto", "ranks"]).default("ranks"),
  /** Log-odds that a match adds and a contradiction takes away. */
  weight: z.number().min(0).max(5).default(1),
};

/** A check with nothing to set. */
function plain<const Word extends string>(check: Word) {
  return z.strictObject({ check: z.literal(check), ...common });
}

/** One use of a check of the vocabulary, with its parameters. Documented in docs/causes.md. */
export const CheckUse = z.discriminatedUnion("check", [
  z.strictObject({
    check: z.literal("began_at"),
    step: z.enum(["llm", "tool", "retrieval", "other"]),
    ...common,
  }),
  z.strictObject({
    check: z.literal("deviates_by"),
    kinds: z.array(z.enum(deviationKinds)).min(1),
    ...common,
  }),
  z.strictObject({
    check: z.literal("fails_by"),
    signals: z.array(z.enum(["grounded", "downstream_ok", "fallback", "error"])).min(1),
    ...common,
  }),
  z.strictObject({ check: z.literal("change_fits"), kinds: Kinds, ...common }),
  z.strictObject({
    check: z.literal("no_better_change"),
    kinds: Kinds,
    than: z.array(z.enum(changeKinds)),
    ...common,
  }),
  z.strictObject({
    check: z.literal("confidence"),
    is: z.enum(["fell", "stable"]),
    ...common,
  }),
  z.strictObject({ check: z.literal("component_is"), names: Names, ...common }),
  z.strictObject({ check: z.literal("error_is"), classes: Names, ...common }),
  z.strictObject({ check: z.literal("members_say"), feature: z.string().min(1), ...common }),
  plain("model_behavior"),
  plain("model_changed"),
  plain("no_fallback"),
  plain("one_task"),
  plain("every_task"),
  plain("new_task"),
  plain("nothing_changed"),
  plain("elsewhere"),
  plain("retrieval_worse"),
  plain("tool_changed"),
  plain("at_border"),
  plain("several_agents"),
  plain("upstream_flat"),
]);
export type CheckUse = z.infer<typeof CheckUse>;

const materials = ["queries", "texts", "shapes", "models", "tasks", "border", "steps"] as const;
/** Which material goes with a first step: `docs/causes.md` says what each shows. */
export type MaterialKind = (typeof materials)[number];

function row<Name extends z.ZodType>(cause: Name) {
  return z
    .strictObject({
      cause,
      /** The pattern of signals in words. */
      pattern: z.string().min(1),
      /** Whether it must have begun at some time; a limit of the model may always have been there. */
      needs_onset: z.boolean().default(true),
      /** Kinds of changes that bring this cause about. */
      changes: z.array(z.enum(changeKinds)).default([]),
      checks: z.array(CheckUse).min(1),
      first_step: z.string().min(1),
      material: z.enum(materials).default("steps"),
    })
    .superRefine(({ checks }, context) => {
      const seen = new Set<string>();
      for (const [index, { id, check }] of checks.entries()) {
        const name = id ?? check;
        if (seen.has(name)) {
          const message = `"${name}" is the name of a check above; expected an id of its own`;
          context.addIssue({ code: "custom", message, path: ["checks", index, "id"] });
        }
        seen.add(name);
      }
      if (!checks.some(({ role }) => role === "needed")) {
        const message = "no check has the role needed; without one, a cause would need no evidence";
        context.addIssue({ code: "custom", message, path: ["checks"] });
      }
    });
}

/** A row of the lookup table as the standard table has it. */
export const CauseRow = row(z.enum(causeNames).exclude(["unknown"]));
export type CauseRow = Omit<z.infer<typeof CauseRow>, "cause"> & {
  readonly cause: z.infer<typeof CauseRow>["cause"] | OwnCauseName;
};

/** Rows that users add under `causes:` in `rootward.yaml`; each competes like a standard one. */
export const OwnCauses = z.array(row(OwnCauseName)).superRefine((rows, context) => {
  for (const [index, { cause }] of rows.entries()) {
    if (rows.findIndex((other) => other.cause === cause) === index) continue;
    const message = `"${cause}" is the name of a cause above; expected another one`;
    context.addIssue({ code: "custom", message, path: [index, "cause"] });
  }
});
