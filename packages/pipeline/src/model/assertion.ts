import { z } from "zod";

const count = { min: z.int().nonnegative().optional(), max: z.int().nonnegative().optional() };
const common = { why: z.string().optional(), id: z.string().min(1).optional() };
const tool = z.strictObject({ name: z.string().optional(), pattern: z.string().optional() });
const toolUse = z.union([z.string(), z.array(z.string()).min(1), tool.extend(count)]);
const texts = z.union([z.string(), z.array(z.string()).min(1)]);
const emptyOr = <T extends z.ZodRawShape>(shape: T) => z.strictObject(shape).optional();

/** The vocabulary of assertions; names and value shapes of promptfoo where it has them. Source: evals.md 4.4. */
export const Assertion = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("citations:subset-of-retrieved"),
    value: emptyOr({ min: z.int().nonnegative().optional(), ids: z.string().optional() }),
    ...common,
  }),
  z.strictObject({
    type: z.literal("citations:forbid"),
    value: z.array(z.string()).min(1),
    ...common,
  }),
  z.strictObject({
    type: z.literal("retrieval:non-empty"),
    value: emptyOr({ min: z.int().positive().optional(), tool: z.string().optional() }),
    ...common,
  }),
  z.strictObject({
    type: z.literal("behavior:signal"),
    value: z.strictObject({
      name: z.enum(["grounded", "fallback", "confidence", "downstream_ok"]),
      eq: z.union([z.boolean(), z.number()]).optional(),
      gte: z.number().optional(),
      lte: z.number().optional(),
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
    value: z.union([z.string(), z.record(z.string(), z.unknown())]),
    ...common,
  }),
  z.strictObject({ type: z.literal("output:contains"), value: texts, ...common }),
  z.strictObject({ type: z.literal("output:not-contains"), value: texts, ...common }),
  z.strictObject({ type: z.literal("output:matches"), value: z.string(), ...common }),
  z.strictObject({
    type: z.literal("output:path"),
    value: z.strictObject({
      pointer: z.string().startsWith("/"),
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
      z.array(z.string()).min(1),
      z.strictObject({
        mode: z.enum(["in_order", "exact"]).optional(),
        steps: z.array(z.string()).min(1),
      }),
    ]),
    ...common,
  }),
  z.strictObject({
    type: z.literal("trajectory:tool-args-match"),
    value: tool.extend({
      args: z.record(z.string(), z.unknown()),
      mode: z.enum(["partial", "exact"]).optional(),
      ignore: z.array(z.string()).optional(),
      defaults: z.record(z.string(), z.unknown()).optional(),
    }),
    ...common,
  }),
  z.strictObject({
    type: z.literal("trajectory:tool-args-schema"),
    value: tool.extend({ schema: z.union([z.string(), z.record(z.string(), z.unknown())]) }),
    ...common,
  }),
  z.strictObject({
    type: z.literal("trajectory:tool-args-supported"),
    value: emptyOr({ name: z.string().optional() }),
    ...common,
  }),
  z.strictObject({
    type: z.literal("trajectory:step-count"),
    value: z.strictObject({
      type: z.enum(["tool", "search", "command", "message", "reasoning", "span"]).optional(),
      ...count,
    }),
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
    value: z.strictObject({ run: z.array(z.string()).min(1), timeout: z.string().optional() }),
    ...common,
  }),
  z.strictObject({
    type: z.literal("handoff:contract"),
    value: z.strictObject({
      from: z.string().optional(),
      to: z.string(),
      schema: z.union([z.string(), z.record(z.string(), z.unknown())]),
    }),
    ...common,
  }),
  z.strictObject({
    type: z.literal("budget"),
    value: z.strictObject({
      ms: z.number().positive().optional(),
      usd: z.number().positive().optional(),
      tokens: z.number().positive().optional(),
    }),
    ...common,
  }),
]);
export type Assertion = z.infer<typeof Assertion>;
export type AssertionType = Assertion["type"];
