import { fromJsonl } from "./import-jsonl.ts";
import { fromOpenaiEvals } from "./import-openai-evals.ts";
import { fromPromptfoo } from "./import-promptfoo.ts";
import type { Importing, ImportSetting } from "./imported.ts";

export const importNames = ["promptfoo", "jsonl", "openai-evals"] as const;
export type ImportName = (typeof importNames)[number];

/** How the text of a file of each product becomes drafts. */
export const importers = {
  promptfoo: fromPromptfoo,
  jsonl: fromJsonl,
  "openai-evals": fromOpenaiEvals,
} as const satisfies Record<ImportName, (text: string, setting: ImportSetting) => Importing>;
