import { Document, isMap, isScalar } from "yaml";
import { EvalCase } from "../model/evalcase.ts";
import type { Generated } from "./generate.ts";
import { parseYaml } from "./yaml.ts";
import type { ParsedYaml } from "./yaml.ts";

type WrittenCase = Pick<Generated, "evalCase" | "classified" | "choice" | "lacks">;

/** The text of a case file, with comments that say why it is as it is. */
export function writeCase({ evalCase, classified, choice, lacks }: WrittenCase): string {
  const document = new Document(evalCase, { version: "1.2" });
  document.commentBefore = " yaml-language-server: $schema=../schemas/eval-case.v1.schema.json";
  comment(document, "severity", ` ${classified.failureClass}: ${classified.reason}`);
  comment(document, "grader", ` ${choice.reason}`);
  comment(
    document,
    "status",
    lacks.length === 0 ? " proven on past runs, see validation" : ` not yet: ${lacks.join("; ")}`,
  );
  return document.toString({ lineWidth: 120 });
}

function comment(document: Document, key: string, text: string): void {
  if (!isMap(document.contents)) return;
  for (const pair of document.contents.items) {
    if (isScalar(pair.key) && pair.key.value === key && isScalar(pair.value))
      pair.value.comment = text;
  }
}

/** A case file checked against its schema; errors name file, line and column. */
export function readCase(text: string, file: string): ParsedYaml<EvalCase> {
  return parseYaml(text, file, EvalCase);
}
