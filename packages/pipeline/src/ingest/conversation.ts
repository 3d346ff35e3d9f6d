import type { ConversationDigest } from "../model/digest.ts";
import type { LlmCall, Message, Run, ToolCall } from "../model/run.ts";
import { plainNumber } from "../rank/values.ts";
import { isHidden } from "./material.ts";
import { changesState, facets, handsToPerson, isAssent } from "./talk-words.ts";
import { flatText } from "./value.ts";

/** The texts of what a user said, one a message; results that stand in a user's message are no words of theirs. */
function userTexts(messages: readonly Message[]): readonly string[] {
  return messages.flatMap((message) => {
    const text = message.role === "user" ? ownText(message) : "";
    return text === "" ? [] : text;
  });
}

function ownText({ parts }: Message): string {
  return parts
    .flatMap((part) => (part.t === "text" ? part.text : []))
    .join("\n")
    .trim();
}

/** The first words of a user that a call was shown. */
function opening({ input }: LlmCall): string | null {
  const first = input.find((message) => message.role === "user" && ownText(message) !== "");
  return first === undefined ? null : ownText(first);
}

/**
 * The call of each agent that was shown most: a call repeats what was said before it, so this one holds all that its agent heard. Only
 * agents that the users of the run speak with: an agent whose conversation opens otherwise is told by other agents.
 */
export function heardFromUsers({ llmCalls }: Run): readonly LlmCall[] {
  const fullest = new Map<string | null, LlmCall>();
  for (const call of llmCalls) {
    const most = fullest.get(call.agent);
    if (most === undefined || call.input.length > most.input.length) fullest.set(call.agent, call);
  }
  const [first] = llmCalls.toSorted((a, b) => a.seq - b.seq);
  const begin = first === undefined ? null : opening(first);
  return [...fullest.values()].filter((call) => opening(call) === begin);
}

/** What users said in a run: the most that some agent heard of them. */
function saidByUsers(run: Run): readonly string[] {
  let most: readonly string[] = [];
  for (const { input } of heardFromUsers(run)) {
    const texts = userTexts(input);
    if (texts.length > most.length) most = texts;
  }
  const { value } = run.input;
  return most.length > 0 || value === null ? most : [value];
}

/** Whether a unit of UTF-16 is part of a word: letters and digits, and everything beyond ASCII but its signs and blanks. */
function isWordUnit(unit: number): boolean {
  if (unit < 0x80) {
    const small = unit | 0x20;
    return (small >= 0x61 && small <= 0x7a) || (unit >= 0x30 && unit <= 0x39);
  }
  const isSign =
    unit < 0xc0 || (unit >= 0x2000 && unit < 0x2c00) || (unit >= 0x3000 && unit < 0x3040);
  return !isSign;
}

/** Words by their beginnings, counted unit by unit: every text of every run comes by here. */
function wordCount(texts: readonly string[]): number {
  let words = 0;
  for (const text of texts) {
    let inside = false;
    for (let at = 0; at < text.length; at += 1) {
      const isWord = isWordUnit(text.charCodeAt(at));
      if (isWord && !inside) words += 1;
      inside = isWord;
    }
  }
  return words;
}

/** The user's last words before a call was made; null where nothing shows them. */
function lastWordsBefore(run: Run, call: ToolCall): string | null {
  const asking =
    run.llmCalls.find(({ spanId }) => spanId === call.requestedBy) ??
    run.llmCalls.findLast(({ seq }) => seq < call.seq);
  const last = asking?.input.findLast(
    (message) => message.role === "user" && ownText(message) !== "",
  );
  return last === undefined ? null : ownText(last);
}

const number = /(?<![\w.#-])\$?\d[\d,]*(?:\.\d+)?(?![\w-])/g;
const longestRead = 100_000;

/** The numbers in a text, however they are written: `$1,200.50` and `1200.5` are one. */
function numbersIn(text: string): readonly string[] {
  return (text.slice(0, longestRead).match(number) ?? []).map(plainNumber);
}

const repliesOf = ({ output }: LlmCall): readonly string[] =>
  output.flatMap((message) => {
    const text = ownText(message);
    return text === "" ? [] : text;
  });

/** Everything that brings numbers into a run, by when it does. */
function sources(run: Run): readonly { readonly seq: number; readonly text: () => string }[] {
  const results = run.toolCalls.map(({ seq, result }) => ({
    seq,
    text: () => flatText(result.value),
  }));
  const documents = run.retrievals.map(({ seq, documents: found }) => ({
    seq,
    text: () => (found ?? []).map((document) => document.text ?? "").join("\n"),
  }));
  return [...results, ...documents].toSorted((a, b) => a.seq - b.seq);
}

/** The messages of a call that its agent had not been shown before; of a history that was cut short, the last one. */
function freshMessages({ agent, input }: LlmCall, heard: Map<string | null, number>) {
  const before = heard.get(agent) ?? 0;
  heard.set(agent, Math.max(before, input.length));
  return input.slice(Math.min(before, Math.max(0, input.length - 1)));
}

/** Distinct numbers that replies tell and nothing holds that was read by then. 0 where something that was read cannot be seen. */
function unsupportedNumbers(run: Run): number {
  if (run.toolCalls.some(isHidden)) return 0;
  const calls = run.llmCalls.toSorted((a, b) => a.seq - b.seq);
  const told = calls.map((call) =>
    repliesOf(call)
      .flatMap(numbersIn)
      .filter((one) => one.replace(".", "").length > 1),
  );
  if (told.every((numbers) => numbers.length === 0)) return 0;
  const known = new Set(numbersIn(run.input.value ?? ""));
  const add = (text: string): void => {
    for (const one of numbersIn(text)) known.add(one);
  };
  const waiting = [...sources(run)];
  const systems = new Set<string>();
  const heard = new Map<string | null, number>();
  const found = new Set<string>();
  for (const [index, call] of calls.entries()) {
    const { system } = call;
    if (system.value !== null && !systems.has(system.value)) add(system.value);
    if (system.value !== null) systems.add(system.value);
    for (const message of freshMessages(call, heard))
      if (message.role !== "assistant") add(ownText(message));
    while (waiting[0] !== undefined && waiting[0].seq < call.seq)
      add(waiting.shift()?.text() ?? "");
    for (const one of told[index] ?? []) if (!known.has(one)) found.add(one);
  }
  return found.size;
}

function countOf<T>(items: readonly T[], holds: (item: T) => boolean): number {
  return items.reduce((count, item) => count + (holds(item) ? 1 : 0), 0);
}

/** How a run's conversation went, in numbers; see `ConversationDigest`. A run without any text has zeros. */
export function conversationOf(run: Run): ConversationDigest {
  const said = saidByUsers(run);
  const replies = run.llmCalls.flatMap(repliesOf);
  const isDialogue = said.length > 1;
  const executed = run.toolCalls.filter((call) => call.executed);
  const writes = executed.filter(
    ({ name, role }) => role !== "handoff" && changesState(name) && !handsToPerson(name),
  );
  return {
    userTurns: said.length,
    userWords: wordCount(said),
    replyWords: wordCount(replies),
    writes: writes.length,
    unconfirmedWrites: isDialogue
      ? countOf(writes, (call) => {
          const words = lastWordsBefore(run, call);
          return words !== null && !isAssent(words);
        })
      : 0,
    unsupportedNumbers: isDialogue ? unsupportedNumbers(run) : 0,
    pushbacks: countOf(said.slice(1), (text) => facets.pushback.test(text)),
    refusals: countOf(replies, (text) => facets.refusal.test(text)),
    transfers: countOf(executed, ({ name }) => handsToPerson(name)),
    thanks: countOf(said, (text) => facets.thanks.test(text)),
  };
}
