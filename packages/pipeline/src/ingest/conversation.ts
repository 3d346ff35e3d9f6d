import type { ConversationDigest } from "../model/digest.ts";
import type { LlmCall, Message, Run, ToolCall } from "../model/run.ts";
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

/** What users said in a run: the most that some model call was shown, since each repeats what was said before it. */
function saidByUsers(run: Run): readonly string[] {
  let most: readonly string[] = [];
  for (const { input } of run.llmCalls) {
    if (input.length <= most.length) continue;
    const texts = userTexts(input);
    if (texts.length > most.length) most = texts;
  }
  const { value } = run.input;
  return most.length > 0 || value === null ? most : [value];
}

function wordCount(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + (text.match(/[\p{L}\p{N}]+/gu)?.length ?? 0), 0);
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
  return (text.slice(0, longestRead).match(number) ?? []).map((written) =>
    String(Number(written.replaceAll(/[$,]/g, ""))),
  );
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

/** Distinct numbers that replies tell and nothing holds that was read by then. 0 where something that was read cannot be seen. */
function unsupportedNumbers(run: Run): number {
  if (run.toolCalls.some(isHidden)) return 0;
  const known = new Set(numbersIn(run.input.value ?? ""));
  const add = (text: string): void => {
    for (const one of numbersIn(text)) known.add(one);
  };
  const waiting = [...sources(run)];
  const read = new Set<Message | string>();
  const found = new Set<string>();
  for (const call of run.llmCalls.toSorted((a, b) => a.seq - b.seq)) {
    const { system } = call;
    if (system.value !== null && !read.has(system.value)) add(system.value);
    if (system.value !== null) read.add(system.value);
    for (const message of call.input) {
      if (read.has(message) || message.role === "assistant") continue;
      read.add(message);
      add(ownText(message));
    }
    while (waiting[0] !== undefined && waiting[0].seq < call.seq)
      add(waiting.shift()?.text() ?? "");
    for (const one of repliesOf(call).flatMap(numbersIn))
      if (one.replace(".", "").length > 1 && !known.has(one)) found.add(one);
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
