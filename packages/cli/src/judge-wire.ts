import { z } from "zod";
import type { JudgeKind } from "@rootward/pipeline/model/calibration";
import type { JudgeConfig } from "@rootward/pipeline/model/judge-config";
import type { JudgeModel } from "@rootward/pipeline/model/judge-model";

type Question = Parameters<JudgeModel["ask"]>[0];
type Answer = Awaited<ReturnType<JudgeModel["ask"]>>;

/** How one kind of endpoint is spoken to. */
interface Wire {
  /** @param base  without a slash at its end */
  readonly url: (base: string) => string;
  readonly headers: (key: string | null) => Readonly<Record<string, string>>;
  readonly body: (question: Question, config: JudgeConfig) => object;
  /** The text of a body that answers; or why it is none: a refusal, an answer that was cut, anything else. */
  readonly read: (body: unknown) => Answer;
}

const cut = "its answer was cut; give the rubric more params.max_output_tokens";

const Completion = z.object({
  choices: z
    .array(
      z.object({
        finish_reason: z.string().nullish(),
        message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }),
      }),
    )
    .min(1),
});

function readCompletion(body: unknown): Answer {
  const parsed = Completion.safeParse(body);
  const choice = parsed.success ? parsed.data.choices[0] : undefined;
  if (choice === undefined) return { ok: false, why: "its answer is no chat completion" };
  const { finish_reason: finish, message } = choice;
  if (typeof message.refusal === "string" && message.refusal !== "")
    return { ok: false, why: "the model refused to judge" };
  if (finish === "length") return { ok: false, why: cut };
  if (finish !== "stop" && finish !== null && finish !== undefined)
    return { ok: false, why: `the model did not end its answer (${finish})` };
  if (typeof message.content !== "string" || message.content === "")
    return { ok: false, why: "its answer is empty" };
  return { ok: true, text: message.content };
}

const Message = z.object({
  type: z.literal("message"),
  stop_reason: z.string().nullable(),
  content: z.array(z.object({ type: z.string(), text: z.string().optional() })),
});

function readMessage(body: unknown): Answer {
  const parsed = Message.safeParse(body);
  if (!parsed.success) return { ok: false, why: "its answer is no message" };
  const { stop_reason: stop, content } = parsed.data;
  if (stop === "refusal") return { ok: false, why: "the model refused to judge" };
  if (stop === "max_tokens") return { ok: false, why: cut };
  if (stop !== "end_turn" && stop !== "stop_sequence")
    return { ok: false, why: `the model did not end its answer (${stop})` };
  const text = content.flatMap((block) => (block.type === "text" ? (block.text ?? "") : ""));
  if (text.join("") === "") return { ok: false, why: "its answer is empty" };
  return { ok: true, text: text.join("") };
}

function temperatureOf({ temperature }: Question): { readonly temperature?: number } {
  return temperature === null ? {} : { temperature };
}

/** Source: OpenAI, Chat Completions; Anthropic, Messages, version 2023-06-01. */
export const wires: Readonly<Record<JudgeKind, Wire>> = {
  "openai-compatible": {
    url: (base) => `${base}/chat/completions`,
    headers: (key) => (key === null ? {} : { authorization: `Bearer ${key}` }),
    body: (question, config) => ({
      model: question.model,
      messages: [
        { role: "system", content: question.system },
        { role: "user", content: question.user },
      ],
      [config.tokens_key ?? "max_completion_tokens"]: question.maxOutputTokens,
      ...temperatureOf(question),
    }),
    read: readCompletion,
  },
  anthropic: {
    url: (base) => `${base.replace(/\/v1$/, "")}/v1/messages`,
    headers: (key) => ({
      "anthropic-version": "2023-06-01",
      ...(key === null ? {} : { "x-api-key": key }),
    }),
    body: (question) => ({
      model: question.model,
      system: question.system,
      messages: [{ role: "user", content: question.user }],
      max_tokens: question.maxOutputTokens,
      ...temperatureOf(question),
    }),
    read: readMessage,
  },
};
