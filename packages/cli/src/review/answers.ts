import { verdicts } from "@rootward/pipeline/model/review";
import { OperatorError } from "../output.ts";
import type { Command } from "./session.ts";

/** One line of a script with its number. */
export interface Answer {
  readonly line: number;
  readonly command: Command | { readonly kind: "quit" };
}

const forms = "good, bad, unsure, note TEXT, code TEXT, mode NAME, step N, save, skip, undo, quit";

function commandOf(word: string, rest: string): Answer["command"] | null {
  const verdict = verdicts.find((one) => one === word);
  if (verdict !== undefined) return { kind: "verdict", verdict };
  if (word === "save" || word === "skip" || word === "undo" || word === "quit")
    return { kind: word };
  if (word === "note") return { kind: "note", text: rest };
  if (word === "code" && rest !== "") return { kind: "code", text: rest };
  if (word === "mode") return { kind: "mode", name: rest };
  if (word === "step" && /^\d{1,6}$/.test(rest)) return { kind: "step", number: Number(rest) };
  return word === "step" && rest === "" ? { kind: "step", number: null } : null;
}

/**
 * The answers of a script, one a line; empty lines and those that begin with # are left out.
 *
 * @throws OperatorError  naming the source, the line and what is accepted: then nothing of it is done
 */
export function answersIn(text: string, source: string): readonly Answer[] {
  return text.split(/\r?\n/).flatMap((raw, index): readonly Answer[] => {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) return [];
    const [word = "", ...rest] = line.split(/\s+/);
    const command = commandOf(word.toLowerCase(), line.slice(word.length).trim());
    if (command === null || (rest.length > 0 && isBare(command.kind))) {
      throw new OperatorError(
        `${source}:${index + 1}: "${line.slice(0, 80)}" is no answer; expected ${forms}`,
        2,
      );
    }
    return [{ line: index + 1, command }];
  });
}

/** Commands that take no words behind them. */
function isBare(kind: Answer["command"]["kind"]): boolean {
  return ["verdict", "save", "skip", "undo", "quit"].includes(kind);
}
