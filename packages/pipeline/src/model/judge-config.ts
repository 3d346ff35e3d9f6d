import { z } from "zod";
import { judgeKinds } from "./calibration.ts";

/** Never the value itself: a file in a repository holds no key. */
const variable = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "expected the name of an environment variable");

/** `judge:` of `rootward.yaml`: who is asked where a case has a judge. Source: evals.md 4.5. */
export const JudgeConfig = z
  .strictObject({
    /** What the endpoint speaks. */
    kind: z.enum(judgeKinds).default("openai-compatible"),
    base_url: z
      .url({
        protocol: /^https?$/,
        error: "expected an address that begins with http:// or https://",
      })
      .optional(),
    base_url_env: variable.optional(),
    /** Missing where the endpoint asks for none. */
    key_env: variable.optional(),
    /** For rubrics and cases that name none, as the endpoint calls it. */
    default_model: z.string().min(1).optional(),
    /** Of one request. */
    timeout: z
      .string()
      .regex(/^[1-9]\d*(ms|s|m)$/, "expected a number with ms, s or m, such as 60s")
      .optional(),
    /** Requests at once. */
    concurrency: z.int().min(1).max(64).optional(),
    /** How often an output is judged where its case does not say. */
    votes: z.int().min(1).max(9).optional(),
    /** How an OpenAI-compatible endpoint calls the longest answer. */
    tokens_key: z.enum(["max_completion_tokens", "max_tokens"]).optional(),
  })
  .superRefine(({ base_url, base_url_env }, context) => {
    if ((base_url === undefined) === (base_url_env === undefined)) {
      context.addIssue({
        code: "custom",
        path: ["base_url"],
        message:
          base_url === undefined
            ? "expected an address such as https://api.openai.com/v1, or base_url_env"
            : "is given beside base_url_env; expected one of them",
      });
    }
  });
export type JudgeConfig = Readonly<z.infer<typeof JudgeConfig>>;
