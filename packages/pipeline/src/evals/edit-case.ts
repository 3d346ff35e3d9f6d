import { isMap, isScalar, isSeq, parseDocument } from "yaml";
import type { Document } from "yaml";
import type { EvalCase } from "../model/evalcase.ts";
import { readCase } from "./casefile.ts";

/** What changes in a case file; what is not given stays. */
export interface CaseEdit {
  readonly status?: EvalCase["status"];
  readonly validation?: NonNullable<EvalCase["validation"]>;
  readonly unproven?: true;
  /** Added behind what the history holds. */
  readonly history?: NonNullable<EvalCase["history"]>[number];
}

type Edited =
  | { readonly ok: true; readonly text: string; readonly evalCase: EvalCase }
  | { readonly ok: false; readonly errors: readonly string[] };

/**
 * The text of a case file with some keys changed: comments, order and other keys stay. A remark beside the status that was written with
 * the case goes with the status that it was about.
 *
 * @returns all errors where the file, before or after, is no valid case
 */
export function editCase(text: string, file: string, edit: CaseEdit): Edited {
  const before = readCase(text, file);
  if (!before.ok) return before;
  const document = parseDocument(text);
  for (const key of ["status", "validation", "unproven"] as const) {
    if (edit[key] !== undefined) set(document, key, edit[key]);
  }
  if (edit.status !== undefined) dropRemark(document);
  if (edit.history !== undefined) {
    const history: unknown = document.get("history", true);
    if (isSeq(history)) history.add(document.createNode(edit.history));
    else document.set("history", document.createNode([edit.history]));
  }
  const edited = document.toString({ lineWidth: 120 });
  const after = readCase(edited, file);
  return after.ok ? { ok: true, text: edited, evalCase: after.value } : after;
}

function set(document: Document, key: string, value: unknown): void {
  const node: unknown = document.get(key, true);
  if (isScalar(node)) node.value = value;
  else document.set(key, document.createNode(value));
}

function dropRemark(document: Document): void {
  if (!isMap(document.contents)) return;
  for (const { key, value } of document.contents.items) {
    if (!isScalar(key) || key.value !== "status" || !isScalar(value)) continue;
    if (/^ (not yet:|proven on past runs)/.test(value.comment ?? "")) value.comment = null;
  }
}
