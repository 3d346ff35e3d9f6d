import { isObject, member } from "../wire/json-fields.ts";
import type { Json } from "../wire/json-fields.ts";
import { isVoid, objectAt, put } from "./exchange.ts";
import type { Attributing } from "./exchange.ts";

/** The value at a path of keys and positions; undefined where it ends early. */
function at(value: unknown, path: readonly (string | number)[]): unknown {
  let here: unknown = value;
  for (const step of path) {
    if (Array.isArray(here) && typeof step === "number") here = here[step];
    else if (isObject(here) && typeof step === "string") here = here[step];
    else return undefined;
  }
  return here;
}

/** Where outputs of a model call keep what it says of itself: answers of OpenAI, and LangChain's `generations`. */
const places = {
  "gen_ai.response.model": [
    ["model"],
    ["generations", 0, 0, "message", "kwargs", "response_metadata", "model_name"],
    ["generations", 0, 0, "message", "kwargs", "response_metadata", "model"],
    ["llm_output", "model_name"],
  ],
  "gen_ai.response.id": [["id"], ["generations", 0, 0, "message", "kwargs", "id"]],
  "gen_ai.response.system_fingerprint": [
    ["system_fingerprint"],
    ["generations", 0, 0, "message", "kwargs", "response_metadata", "system_fingerprint"],
  ],
  "gen_ai.response.finish_reasons": [
    ["choices", 0, "finish_reason"],
    ["generations", 0, 0, "generation_info", "finish_reason"],
    ["generations", 0, 0, "message", "kwargs", "response_metadata", "finish_reason"],
    ["stop_reason"],
  ],
} as const satisfies Record<string, readonly (readonly (string | number)[])[]>;

const usagePlaces = [
  ["usage_metadata"],
  ["generations", 0, 0, "message", "kwargs", "usage_metadata"],
] as const;

/** Puts what the model answered beside its text: model, id, why it stopped, tokens. */
export function putAnswer(into: Attributing, run: Json, kind: string): void {
  if (kind !== "llm") return;
  const outputs = objectAt(run, "outputs");
  for (const [key, paths] of Object.entries(places)) {
    const found = paths.map((path) => at(outputs, path)).find((value) => typeof value === "string");
    if (typeof found === "string") put(into, key, found);
  }
  const usage = usagePlaces.map((path) => at(outputs, path)).find((value) => isObject(value));
  const metadata = objectAt(objectAt(run, "extra"), "metadata");
  const told = usage ?? metadata["usage_metadata"];
  if (!isVoid(told)) into.set("langsmith.usage_metadata", JSON.stringify(told));
  const tokens = [
    ["gen_ai.usage.input_tokens", member(run, "promptTokens")],
    ["gen_ai.usage.output_tokens", member(run, "completionTokens")],
    ["gen_ai.usage.total_tokens", member(run, "totalTokens")],
  ] as const;
  for (const [key, value] of tokens)
    if (typeof value === "number" && value > 0) into.set(key, value);
}
