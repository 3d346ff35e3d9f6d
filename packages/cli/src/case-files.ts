import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { editCase } from "@rootward/pipeline/evals/edit-case";
import type { CaseEdit } from "@rootward/pipeline/evals/edit-case";
import { secretIn } from "@rootward/pipeline/evals/secrets";
import { redactText } from "@rootward/pipeline/evals/personal";
import type { EvalCase } from "@rootward/pipeline/model/evalcase";
import { loadCases } from "./case-store.ts";
import { OperatorError } from "./output.ts";

/** A case and its file, relative to the working folder. */
interface FoundCase {
  readonly evalCase: EvalCase;
  readonly file: string;
}

/**
 * A case of a folder by its id.
 *
 * @throws OperatorError  exit code 2: names those that are there, and the first problem of the folder
 */
export function caseFileOf(dir: string, id: string): FoundCase {
  const { cases, problems } = loadCases(resolve(dir));
  const found = cases.find(({ evalCase }) => evalCase.id === id);
  if (found) return found;
  const known = cases.map(({ evalCase }) => evalCase.id).join(", ") || "none";
  const also = problems[0] === undefined ? "" : `; ${problems[0]}`;
  throw new OperatorError(`no case ${id} in ${dir}; there: ${known}${also}`, 2);
}

/** The text of a case's file after a change, and the case that it is then. @throws OperatorError  it would be no valid case */
export function edited(
  { file }: FoundCase,
  edit: CaseEdit,
): { readonly text: string; readonly evalCase: EvalCase } {
  const result = editCase(readFileSync(file, "utf8"), file, edit);
  if (!result.ok) throw new OperatorError(`${result.errors.join("; ")}; nothing was written`);
  return result;
}

/** Writes what `edited` made. */
export function saveCase({ file }: FoundCase, { text }: { readonly text: string }): void {
  writeFileSync(file, text);
}

/**
 * A reason as it may be written into a repository: personal data redacted.
 *
 * @throws OperatorError  exit code 2: it is missing, too short or holds a secret
 */
export function reasonOf(option: string, given: string | undefined, least: number): string {
  const text = given?.trim() ?? "";
  if (text.length < least) {
    const is = given === undefined ? "is missing" : `is "${text}"`;
    throw new OperatorError(
      `${option} ${is}; expected a reason of at least ${least} characters`,
      2,
    );
  }
  const secret = secretIn(text);
  if (secret !== null) {
    throw new OperatorError(`${option} holds what looks like ${secret}; nothing was written`, 2);
  }
  return redactText(text).value;
}
