/** What the repository's own code says, with a sentence; error: it could not be asked, or gave no answer. */
export interface CodeAnswer {
  readonly kind: "pass" | "fail" | "error";
  readonly why: string;
}

/** A validator: a command, or a module; and how long it may take, as in `10s`. */
export interface ValidatorCode {
  readonly run?: readonly string[] | undefined;
  readonly module?: string | undefined;
  readonly timeout?: string | undefined;
}

/** Runs the repository's own code on an output: validators, schemas, slow patterns. Never anything from a trace. */
export interface Checker {
  /** Violations of a JSON Schema (inline, or a path in the repository); empty when it holds. */
  schema(schema: unknown, value: unknown, caseFile: string): Promise<readonly string[]>;
  /** A command or a module accepts or rejects an output. What cannot be started, hangs, or gives no answer is an error. */
  validator(
    code: ValidatorCode,
    output: { readonly text: string; readonly value: unknown },
    caseFile: string,
  ): Promise<CodeAnswer>;
  /** A module, its path from the case file's folder, is given what is known of a run; it passes or fails it. */
  module(path: string, evidence: unknown, args: unknown, caseFile: string): Promise<CodeAnswer>;
  /** A pattern of the repository on hostile text: in a worker, with a time limit. null: the time ran out. */
  matches(pattern: string, text: string): Promise<boolean | null>;
}
