import { assents } from "./cues.ts";
import type { TrailEvent } from "./event.ts";

function objectOf(text: string): ReadonlyMap<string, string> | null {
  if (!text.trimStart().startsWith("{")) return null;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
    return new Map(Object.entries(value).map(([key, own]) => [key, JSON.stringify(own)]));
  } catch {
    return null;
  }
}

/** Two records of the same thing that differ: most keys in common, an identifying text equal, something else not. */
function isChanged(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): boolean {
  const shared = [...before.keys()].filter((key) => after.has(key));
  if (shared.length < 2 || shared.length < 0.6 * Math.min(before.size, after.size)) return false;
  const equal = shared.filter((key) => before.get(key) === after.get(key));
  const isSame = equal.some((key) => /^"[^"\s]*\d[^"\s]*"$/.test(before.get(key) ?? ""));
  return isSame && (equal.length < shared.length || after.size !== before.size);
}

function valuesIn(args: unknown): readonly string[] {
  if (typeof args !== "object" || args === null) return [];
  return Object.values(args).map((value: unknown) =>
    typeof value === "string" ? value : JSON.stringify(value),
  );
}

interface Tool {
  readonly calls: number[];
  isChanging: boolean;
  /** Whether each of its calls came right after a user agreed, with an id that an earlier result had given. */
  isAgreed: boolean;
}

/**
 * Which calls change the state of something, found by what they do and never by a name: those of a tool that returned a record which
 * another tool had returned otherwise before; and those of a tool that is called only when a user had just agreed, with two arguments
 * or more, one of them from an earlier result.
 *
 * @returns indexes in `events`
 */
export function changingCalls(events: readonly TrailEvent[]): ReadonlySet<number> {
  const records: { readonly tool: string; readonly record: ReadonlyMap<string, string> }[] = [];
  const tools = new Map<string, Tool>();
  let agreed = false;
  let results = "";
  for (const [index, event] of events.entries()) {
    if (event.kind === "user") agreed = assents(event.text);
    if (event.tool === null) continue;
    const tool = tools.get(event.tool) ?? { calls: [], isChanging: false, isAgreed: true };
    tools.set(event.tool, tool);
    if (event.kind === "tool_call") {
      const values = valuesIn(event.args);
      const fromResult = values.some((value) => /\d/.test(value) && results.includes(value));
      tool.calls.push(index);
      tool.isAgreed &&= agreed && values.length >= 2 && fromResult;
    }
    if (event.kind !== "tool_result") continue;
    const text = event.result ?? event.text;
    results += text;
    const record = objectOf(text);
    if (!record) continue;
    tool.isChanging ||= records.some(
      (one) => one.tool !== event.tool && isChanged(one.record, record),
    );
    records.push({ tool: event.tool, record });
  }
  const changing = [...tools.values()].filter(({ isChanging, isAgreed }) => isChanging || isAgreed);
  return new Set(changing.flatMap(({ calls }) => calls));
}
