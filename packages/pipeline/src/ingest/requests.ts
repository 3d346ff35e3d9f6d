import type { Message, MessagePart } from "../model/run.ts";
import type { ReadCall } from "./calls.ts";
import { fold } from "./value.ts";

/** A tool call as the messages show it: asked for by a model call, with the result that a later history holds. */
export interface Request {
  callId: string | null;
  readonly name: string;
  readonly args: unknown;
  /** The model call whose output holds it; null where only a later history does. */
  readonly by: ReadCall | null;
  /** The agent whose history or output shows it. */
  readonly agent: string | null;
  /** Where it belongs in time: the end of the call that asked, or the start of the one that remembers. */
  readonly nanos: bigint;
  readonly index: number;
  result: { readonly value: unknown; readonly isError: boolean } | null;
}

type CallPart = Extract<MessagePart, { t: "call" }>;
type ResultPart = Extract<MessagePart, { t: "result" }>;

/** Whether two names mean one tool: equal but for case and separators, or one with a prefix or suffix around the other. */
export function isSameTool(one: string, other: string): boolean {
  const a = fold(one);
  const b = fold(other);
  if (a === b) return true;
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return (
    short.length >= 4 && (long.endsWith(short) || long.startsWith(short)) && hasBorder(one, other)
  );
}

/** The longer name must have a separator where the shorter one begins or ends: `billing-search` holds `search`, `research` does not. */
function hasBorder(one: string, other: string): boolean {
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  const at = long.toLowerCase().indexOf(short.toLowerCase());
  if (at < 0) return false;
  const border = /[^A-Za-z0-9]/;
  const before = at === 0 || border.test(long.charAt(at - 1));
  const end = at + short.length;
  return before && (end >= long.length || border.test(long.charAt(end)));
}

/** Name and arguments as one key, by which calls without ids are told apart. */
function signature(name: string, args: unknown): string {
  return `${fold(name)} ${JSON.stringify(args ?? null)}`;
}

/** The newest question in a history: calls before it belong to earlier turns. */
function turnStart(messages: readonly Message[]): number {
  return messages.findLastIndex(
    (message) =>
      message.role === "user" &&
      message.parts.some((part) => part.t === "text") &&
      !message.parts.some((part) => part.t === "result"),
  );
}

interface Ledger {
  readonly requests: Request[];
  /** Some senders use one id again for the next call of a tool: the calls of an id, in order. */
  readonly byId: Map<string, Request[]>;
  readonly bySignature: Map<string, Request[]>;
  readonly old: ReadonlySet<string>;
}

function add(
  ledger: Ledger,
  part: CallPart,
  from: Omit<Request, "callId" | "name" | "args" | "result" | "index">,
): Request {
  const request: Request = {
    callId: part.callId,
    name: part.name,
    args: part.args,
    ...from,
    index: ledger.requests.length,
    result: null,
  };
  ledger.requests.push(request);
  if (part.callId !== null) push(ledger.byId, part.callId, request);
  push(ledger.bySignature, signature(part.name, part.args), request);
  return request;
}

function push<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

/** Ids (or signatures) of calls that the first history already held before its newest question. */
function earlierTurns(calls: readonly ReadCall[]): ReadonlySet<string> {
  const first = calls.find((call) => call.input.length > 0);
  if (first === undefined) return new Set();
  const before = first.input.slice(0, Math.max(0, turnStart(first.input)));
  const keys = before.flatMap((message) =>
    message.parts.flatMap((part) =>
      part.t === "call" ? [part.callId ?? signature(part.name, part.args)] : [],
    ),
  );
  return new Set(keys);
}

/**
 * The tool calls that the messages of some model calls show, each once, in order, with their results where a history holds them.
 * Outputs say who asked; histories fill in what outputs leave out. Calls of earlier turns of the conversation are left out.
 */
export function requestsOf(calls: readonly ReadCall[]): readonly Request[] {
  const ledger: Ledger = {
    requests: [],
    byId: new Map(),
    bySignature: new Map(),
    old: earlierTurns(calls),
  };
  for (const call of calls) {
    readHistory(ledger, call);
    for (const message of call.output) {
      for (const part of message.parts) {
        if (part.t !== "call" || isKnown(ledger, part)) continue;
        add(ledger, part, { by: call, agent: call.agent, nanos: call.endNanos });
      }
    }
    for (const message of call.output) {
      for (const part of message.parts)
        if (part.t === "result") settle(ledger, part, [], new Map());
    }
  }
  return ledger.requests;
}

/** A call that the ledger holds and that still waits for its result: said twice, not asked twice. */
function isKnown(ledger: Ledger, part: CallPart): boolean {
  const last = part.callId === null ? undefined : ledger.byId.get(part.callId)?.at(-1);
  return last !== undefined && (last.result === null || last.by === null);
}

function readHistory(ledger: Ledger, call: ReadCall): void {
  const seen: Seen = { ids: new Map(), requests: new Set() };
  const open: Request[] = [];
  const current = new Map<string, Request>();
  for (const message of call.input) {
    for (const part of message.parts) {
      if (part.t === "call") {
        const request = remembered(ledger, part, call, seen);
        if (request === null) continue;
        open.push(request);
        if (part.callId !== null) current.set(part.callId, request);
      } else if (part.t === "result") settle(ledger, part, open, current);
    }
  }
}

/** What one history repeated so far: how often each id, and which requests. */
interface Seen {
  readonly ids: Map<string, number>;
  readonly requests: Set<Request>;
}

/** The request that this id stands for, at its nth coming in one history. */
function byNth(ledger: Ledger, id: string, seen: Seen): Request | undefined {
  const nth = seen.ids.get(id) ?? 0;
  seen.ids.set(id, nth + 1);
  return ledger.byId.get(id)?.[nth];
}

/** The request that a call in a history repeats; a new one where none does; null for an earlier turn's. */
function remembered(ledger: Ledger, part: CallPart, call: ReadCall, seen: Seen): Request | null {
  if (part.callId !== null && ledger.old.has(part.callId)) return null;
  const known = part.callId === null ? undefined : byNth(ledger, part.callId, seen);
  if (known !== undefined) {
    seen.requests.add(known);
    return known;
  }
  const key = signature(part.name, part.args);
  if (part.callId === null && ledger.old.has(key)) return null;
  const like = ledger.bySignature.get(key)?.find((request) => !seen.requests.has(request));
  if (like !== undefined) {
    // Some senders name a call by another id in the history than in the output.
    if (part.callId !== null) push(ledger.byId, part.callId, like);
    seen.requests.add(like);
    return like;
  }
  return add(ledger, part, { by: null, agent: call.agent, nanos: call.startNanos });
}

/** Gives a result to its request: by id, else by name among the open ones, else to the one that is open. */
function settle(
  ledger: Ledger,
  part: ResultPart,
  open: Request[],
  current: ReadonlyMap<string, Request>,
): void {
  if (part.callId !== null && ledger.old.has(part.callId)) return;
  const byId =
    part.callId === null
      ? undefined
      : (current.get(part.callId) ?? ledger.byId.get(part.callId)?.at(-1));
  const { name } = part;
  const request =
    byId ??
    open.find((one) => name !== null && isSameTool(one.name, name)) ??
    (name === null ? open[0] : undefined);
  if (request === undefined) return;
  const at = open.indexOf(request);
  if (at >= 0) open.splice(at, 1);
  request.result ??= { value: part.value, isError: part.isError };
}
