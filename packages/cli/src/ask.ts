import { createInterface } from "node:readline/promises";
import { OperatorError } from "./output.ts";
import type { Ask } from "./override-draft.ts";

/** Someone at a terminal, to be asked; `end` lets go of it. */
export interface Asking {
  readonly ask: Ask;
  readonly end: () => void;
}

/**
 * The person at this terminal; null where standard input or error is none.
 *
 * Questions go to standard error, so that what a command prints can be piped.
 */
export function terminal(): Asking | null {
  const { stdin, stderr } = process;
  if (!stdin.isTTY || !stderr.isTTY) return null;
  return asking(stdin, stderr);
}

/** Asks on any pair of streams. An input that ends answers nothing: the command stops. */
export function asking(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Asking {
  const lines = createInterface({ input, output });
  const ended = new AbortController();
  lines.once("close", () => ended.abort());
  return {
    ask: async (question) => {
      try {
        return (await lines.question(`${question}: `, { signal: ended.signal })).trim();
      } catch {
        throw new OperatorError("nothing was written: the questions were not answered", 2);
      }
    },
    end: () => lines.close(),
  };
}
