import type { Message } from "../model/run.ts";
import { isMessage, messagesOf } from "./messages.ts";
import { isList, isRecord } from "./value.ts";

interface Known {
  /** The list as sent, without its last bracket. */
  readonly head: string;
  readonly messages: readonly Message[];
}

/** Agents of one run take turns: each goes on with a history of its own. */
const kept = 4;
/** Below this, reading anew costs no more than looking. */
const shortest = 200;

/**
 * What the calls of some traces were asked, read once: each call of an agent repeats the whole history before it, so that a list
 * which begins with one that was read already is read from there on. What is given is the same as without.
 */
export class History {
  readonly #known: Known[] = [];

  /** The messages of a call's input, as `messagesOf` reads them. */
  read(value: unknown): readonly Message[] {
    if (typeof value !== "string" || !isWholeList(value)) return messagesOf(value, "user");
    const before = this.#known.find((known) => goesOn(value, known));
    if (before !== undefined && before.head.length === value.length - 1) return before.messages;
    const rest = listIn(before === undefined ? value : `[${value.slice(before.head.length + 1)}`);
    if (rest === null) return messagesOf(value, "user");
    const own = messagesOf(rest, "user");
    const messages = before === undefined ? own : [...before.messages, ...own];
    this.#known.unshift({ head: value.slice(0, -1), messages });
    if (this.#known.length > kept) this.#known.pop();
    return messages;
  }
}

function isWholeList(text: string): boolean {
  return text.length >= shortest && text.startsWith("[{") && text.endsWith("}]");
}

/** Whether a list is another one, or goes on right behind all items of it. */
function goesOn(text: string, { head }: Known): boolean {
  const isSame = text.length === head.length + 1;
  return (isSame || text.charAt(head.length) === ",") && text.slice(0, head.length) === head;
}

/** The list that a text is, if all its items are whole messages: only then do some of them mean the same without the others. */
function listIn(text: string): readonly unknown[] | null {
  try {
    const list: unknown = JSON.parse(text);
    return isList(list) && list.every((item) => isRecord(item) && isMessage(item)) ? list : null;
  } catch {
    return null;
  }
}
