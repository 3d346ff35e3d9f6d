import { z } from "zod";

const environmentName = z
  .string()
  .regex(/^[A-Za-z_]\w*$/, "expected the name of an environment variable");
const globs = z.array(z.string().min(1));

const RetrievalIndex = z.union([
  z.literal("none"),
  z.strictObject({
    http: z.url({
      protocol: /^https?$/,
      error: "expected an address that begins with http:// or https://",
    }),
    /** Into the JSON of the answer; the whole answer without one. */
    pointer: z.string().startsWith("/").optional(),
  }),
  z.strictObject({ env: environmentName }),
  z.strictObject({ file: z.string().min(1) }),
]);

/**
 * Where it stands what an agent is made of: `agents.*.identity` of `rootward.yaml`. A part that is not named may have changed in every
 * commit, so cases that run on it always run. Files are globs from the folder of `rootward.yaml`. Source: evals.md 4.5.
 */
export const AgentIdentity = z
  .strictObject({
    /** The model's name stands in the code: it may have changed when the code did. */
    model: z.literal("in_code").optional(),
    model_env: environmentName.optional(),
    /** An empty list: prompts stand in the code. */
    prompts: globs.optional(),
    /** An empty list: tools are declared in the code. */
    tool_schemas: globs.optional(),
    retrieval_index: RetrievalIndex.optional(),
    /** What the agent's code is, where it is not everything that git tracks outside the folder of cases: built files, say. */
    code: globs.min(1, "expected at least one glob").optional(),
    /** Other environment variables that decide what the agent does. Their values are hashed, never written. */
    env: z.array(environmentName).optional(),
  })
  .refine(({ model, model_env }) => model === undefined || model_env === undefined, {
    path: ["model"],
    error: "expected either model: in_code or model_env, not both",
  });
export type AgentIdentity = z.infer<typeof AgentIdentity>;
