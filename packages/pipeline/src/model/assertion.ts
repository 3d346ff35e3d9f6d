import { z } from "zod";
import { duration } from "./evalfields.ts";
import { signalNames } from "./signal.ts";

const count = { min: z.int().nonnegative().optional(), max: z.int().nonnegative().optional() };
const common = { why: z.string().optional(), id: z.string().min(1).optional() };
const text = z.string().min(1, "expected some text: the empty one is in every output");
const texts = z.union([text, z.array(text).min(1)]);
const pointer = z.string().startsWith("/", "expected a JSON Pointer, as /ticket/due_at");
const emptyOr = <T extends z.ZodRawShape>(shape: T) => z.strictObject(shape).optional();

interface Named {
  readonly name?: string | undefined;
  readonly pattern?: string | undefined;
}
const isNamed = ({ name, pattern }: Named) => name !== undefined || pattern !== undefined;
const named = { error: "expected the tool's name or a pattern of names" };
const tool = { name: text.optional(), pattern: text.optional() };

interface Count {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}
/** Without a number of times a tool must be called once, as in promptfoo. */
const canHold = ({ min = 1, max = Infinity }: Count) => min <= max;
const toolUse = z.union([
  text,
  z.array(text).min(1),
  z
    .strictObject({ ...tool, ...count })
    .refine(isNamed, named)
    .refine(canHold, "no number of calls is at least min (1 without it) and at most max"),
]);

/** A file, or the schema itself; one without a key accepts everything. */
const jsonSchema = z.union([
  text,
  z
    .record(z.string(), z.unknown())
    .refine((schema) => Object.keys(schema).length > 0, "an empty schema accepts everything"),
]);

/** Code of the repository that accepts or rejects an output. */
const Validator = z
  .strictObject({
    /** A command, from the folder of the case file: the output on standard input, exit 0 accepts. */
    run: z.array(z.string()).min(1).optional(),
    /** A module, from the folder of the case file: its default export, `(output) => boolean | {pass, reason}`. */
    module: text.optional(),
    timeout: duration.optional(),
  })
  .refine(({ run, module }) => (run === undefined) !== (module === undefined), {
    error: "expected either run, a command, or module, a file",
  });

/** The vocabulary of assertions; names and value shapes of promptfoo where it has them. Source: evals.md 4.4. */
export const Assertion = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("citations:subset-of-retrieved"),
    value: emptyOr({ min: z.int().nonnegative().optional(), ids: pointer.optional() }),
    ...common,
  }),
  z.strictObject({
    type: z.literal("citations:forbid"),
    value: z.array(text).min(1),
    ...common,
  }),
  z.strictObject({
    type: z.literal("retrieval:non-empty"),
    value: emptyOr({ min: z.int().positive().optional(), tool: z.string().optional() }),
    ...common,
  }),
  z.strictObject({
    type: z.literal("behavior:signal"),
    value: z
      .strictObject({
        name: z.enum(signalNames),
        eq: z.union([z.boolean(), z.number()]).optional(),
        gte: z.number().optional(),
        lte: z.number().optional(),
        /** Of the run, which is the default, or of the agents in it that declare it: of one at least, or of each. */
        span: z.enum(["root", "any", "all"]).optional(),
      })
      .refine(({ eq, gte, lte }) => [eq, gte, lte].some((limit) => limit !== undefined), {
        error: "expected eq, gte or lte: without one it would hold for every value",
      }),
    ...common,
  }),
  z.strictObject({
    type: z.literal("behavior:no-fallback"),
    value: emptyOr({ task_types: z.array(z.string()).optional() }),
    ...common,
  }),
  z.strictObject({ type: z.literal("behavior:no-error"), ...common }),
  z.strictObject({
    type: z.literal("output:json-schema"),
    value: jsonSchema,
    ...common,
  }),
  z.strictObject({ type: z.literal("output:contains"), value: texts, ...common }),
  z.strictObject({ type: z.literal("output:not-contains"), value: texts, ...common }),
  z.strictObject({ type: z.literal("output:matches"), value: text, ...common }),
  z.strictObject({
    type: z.literal("output:path"),
    value: z.strictObject({
      pointer,
      eq: z.unknown().optional(),
      type: z.enum(["string", "number", "boolean", "object", "array", "null"]).optional(),
      format: z.enum(["date-time", "date", "uuid", "email", "uri"]).optional(),
      not_null: z.boolean().optional(),
    }),
    ...common,
  }),
  z.strictObject({ type: z.literal("trajectory:tool-used"), value: toolUse, ...common }),
  z.strictObject({ type: z.literal("not-trajectory:tool-used"), value: toolUse, ...common }),
  z.strictObject({
    type: z.literal("trajectory:tool-sequence"),
    value: z.union([
      z.array(text).min(1),
      z.strictObject({
        mode: z.enum(["in_order", "exact"]).optional(),
        steps: z.array(text).min(1),
      }),
    ]),
    ...common,
  }),
  z.strictObject({
    type: z.literal("trajectory:tool-args-match"),
    value: z
      .strictObject({
        ...tool,
        args: z.record(z.string(), z.unknown()),
        mode: z.enum(["partial", "exact"]).optional(),
        ignore: z.array(z.string()).optional(),
        defaults: z.record(z.string(), z.unknown()).optional(),
      })
      .refine(isNamed, named),
    ...common,
  }),
  z.strictObject({
    type: z.literal("trajectory:tool-args-schema"),
    value: z.strictObject({ ...tool, schema: jsonSchema }).refine(isNamed, named),
    ...common,
  }),
  z.strictObject({
    type: z.literal("trajectory:tool-args-supported"),
    value: emptyOr({ name: z.string().optional() }),
    ...common,
  }),
  z.strictObject({
    type: z.literal("trajectory:step-count"),
    value: z
      .strictObject({
        type: z.enum(["tool", "search", "command", "message", "reasoning", "span"]).optional(),
        /** Names that are counted, `*` and `?` as in file names. */
        pattern: text.optional(),
        ...count,
      })
      .refine(({ min, max }) => min !== undefined || max !== undefined, {
        error: "expected min or max: without one it would hold for every number of steps",
      })
      .refine(
        ({ min = 0, max = Infinity }) => min <= max,
        "no number is at least min and at most max",
      ),
    ...common,
  }),
  z.strictObject({
    type: z.literal("trajectory:no-loop"),
    value: emptyOr({
      max_repeats: z.int().positive().optional(),
      same_args: z.boolean().optional(),
    }),
    ...common,
  }),
  z.strictObject({
    type: z.literal("downstream:validator"),
    value: Validator,
    ...common,
  }),
  z.strictObject({
    type: z.literal("handoff:contract"),
    value: z.strictObject({
      from: text,
      to: text,
      schema: jsonSchema,
    }),
    ...common,
  }),
  z.strictObject({
    type: z.literal("budget"),
    value: z
      .strictObject({
        ms: z.number().positive().optional(),
        usd: z.number().positive().optional(),
        tokens: z.number().positive().optional(),
      })
      .refine(({ ms, usd, tokens }) => [ms, usd, tokens].some((limit) => limit !== undefined), {
        error: "expected ms, usd or tokens: without one every trial would be within it",
      }),
    ...common,
  }),
  z.strictObject({
    type: z.literal("module"),
    value: z.strictObject({
      /** From the folder of the case file; its default export is `(evidence, args) => {pass, reason}`. */
      path: text,
      args: z.record(z.string(), z.unknown()).optional(),
    }),
    ...common,
  }),
]);
export type Assertion = z.infer<typeof Assertion>;
export type AssertionType = Assertion["type"];
