import { Document } from "yaml";
import { RubricHead } from "../model/rubric.ts";
import type { Rubric } from "../model/rubric.ts";
import { parseYaml } from "./yaml.ts";

/** A read rubric, or everything that is wrong with it, each `file:line:column: what`. */
export type ParsedRubric =
  | { readonly ok: true; readonly value: Rubric }
  | { readonly ok: false; readonly errors: readonly string[] };

const fence = "---";

/**
 * Reads `evals/rubrics/<id>.md`: front matter between two lines of `---`, then the text that the judge goes by.
 *
 * @param file  the name that errors begin with; its last part must be the rubric's id and `.md`
 */
export function readRubric(text: string, file: string): ParsedRubric {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const end = lines.findIndex((line, index) => index > 0 && line.trimEnd() === fence);
  if (lines[0]?.trimEnd() !== fence || end === -1) {
    return wrong(
      `${file}:1:1: the front matter is missing; accepted: a line ---, the keys ${Object.keys(RubricHead.shape).join(", ")}, a line ---, then the rubric`,
    );
  }
  // An empty line in place of the first fence, so that lines count as they do in the file.
  const head = parseYaml(["", ...lines.slice(1, end)].join("\n"), file, RubricHead);
  if (!head.ok) return head;
  const name = nameOfFile(file);
  if (head.value.id !== name) {
    return wrong(
      `${file}:${head.lineOf(["id"]) ?? 2}:1: id is "${head.value.id}"; accepted: ${name}, as the file is called`,
    );
  }
  const body = lines
    .slice(end + 1)
    .join("\n")
    .trim();
  if (body === "") {
    return wrong(
      `${file}:${end + 1}:1: there is no text below the front matter; accepted: when an output passes and when it fails`,
    );
  }
  return { ok: true, value: { ...head.value, text: body } };
}

function wrong(error: string): ParsedRubric {
  return { ok: false, errors: [error] };
}

function nameOfFile(file: string): string {
  return (file.split(/[/\\]/).at(-1) ?? "").replace(/\.md$/, "");
}

/** The text of a rubric's file, as `readRubric` takes it. */
export function writeRubric({
  id,
  model,
  text,
}: Pick<Rubric, "id" | "text"> & { readonly model?: string | null }): string {
  const head = new Document({
    schema: "rubric/v1",
    id,
    verdicts: ["pass", "fail"],
    ...(model === undefined || model === null ? {} : { model }),
  });
  return `${fence}\n${head.toString()}${fence}\n${text.trim()}\n`;
}
