import type { LockEntry } from "../model/agent-lock.ts";
import { changeTypes } from "../model/evalfields.ts";
import type { ChangeType } from "../model/evalfields.ts";
import { hashOfValue } from "./identity.ts";
import type { AgentParts } from "./identity.ts";

/** What may have changed of one agent, each with its reason; a type that is missing is proven not to have changed. */
export type Changes = ReadonlyMap<ChangeType, string>;

/** Everything may have changed, for one reason. */
export function everything(why: string): Changes {
  return new Map(changeTypes.map((type) => [type, why]));
}

/**
 * What may have changed of one agent since the merge base. A declared part is compared with the lock file there; one that stands in the
 * code may have changed when the code did; of any other nothing is proven, so it may have changed.
 *
 * @param base  the agent's entry in the lock file at the merge base; null where it has none: everything may have changed
 * @param codeChanged  what of the code changed, in words; "" for nothing, null where that cannot be told
 * @source evals.md 3.4, 4.6: unknown is everything
 */
export function changesOf(
  base: LockEntry | null,
  parts: AgentParts,
  codeChanged: string | null,
): Changes {
  if (base === null) {
    return everything(`evals/agent.lock.json at the merge base does not tell of ${parts.name}`);
  }
  const found = new Map<ChangeType, string>();
  if (codeChanged === null) found.set("code", "whether the code changed cannot be told");
  else if (codeChanged !== "") found.set("code", codeChanged);
  for (const type of parts.inCode) {
    const code = found.get("code");
    if (code !== undefined) found.set(type, `stands in the code: ${code}`);
  }
  for (const [type, why] of declaredChanges(base, parts.entry)) found.set(type, why);
  for (const { part, why } of parts.unknown) found.set(part, why);
  return found;
}

function declaredChanges(
  base: LockEntry,
  now: LockEntry,
): readonly (readonly [ChangeType, string])[] {
  const single = (before: string | undefined, after: string | undefined) =>
    before === after ? null : `${before ?? "not told"} became ${after ?? "not told"}`;
  const found = [
    ["model", single(base.model, now.model)],
    ["prompt", mapChange(base.prompts, now.prompts)],
    ["tool_schema", mapChange(base.tool_schemas, now.tool_schemas)],
    ["retrieval_index", single(base.retrieval_index, now.retrieval_index)],
  ] as const;
  return found.flatMap(([type, why]) => (why === null ? [] : [[type, why] as const]));
}

type Hashes = Readonly<Record<string, string>> | undefined;

function mapChange(before: Hashes = {}, now: Hashes = {}): string | null {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].toSorted();
  const changed = names.filter((name) => before[name] !== now[name]);
  const [first] = changed;
  if (first === undefined) return null;
  return changed.length === 1 ? first : `${first} and ${changed.length - 1} more`;
}

const observedTypes = {
  models: "model",
  prompts: "prompt",
  tool_schemas: "tool_schema",
  retrieval_indexes: "retrieval_index",
} as const satisfies Record<string, ChangeType>;

/**
 * What the trials' own spans say changed, against what the lock file holds of earlier trials. Only what both tell of is compared, and
 * what is new now counts: a case that did not run proves nothing. It can only add to `changesOf`.
 */
export function observedChanges(base: LockEntry | null, now: LockEntry["observed"]): Changes {
  const found = new Map<ChangeType, string>();
  const before = base?.observed;
  if (before === undefined || now === undefined) return found;
  for (const key of ["models", "prompts", "tool_schemas", "retrieval_indexes"] as const) {
    const old = before[key];
    if (old === undefined) continue;
    const changed = Object.entries(now[key] ?? {}).filter(([name, value]) => old[name] !== value);
    const [first] = changed;
    if (first) found.set(observedTypes[key], `the trials' spans tell ${first[1]} of ${first[0]}`);
  }
  return found;
}

const prefixes = {
  "model_answered:": "models",
  "prompt:": "prompts",
  "tool_schema:": "tool_schemas",
  "index:": "retrieval_indexes",
} as const;

/**
 * What the versions of several runs (`RunDigest.versions`) say together of what an agent is made of. A name whose runs disagree is left
 * out: it holds something that differs from run to run, so it tells nothing of the agent. Undefined where nothing is told.
 */
export function observedOf(
  versions: readonly Readonly<Record<string, string>>[],
): LockEntry["observed"] {
  const told = new Map<string, Set<string>>();
  for (const [key, value] of versions.flatMap((each) => Object.entries(each))) {
    told.set(key, (told.get(key) ?? new Set()).add(value));
  }
  const found: Partial<Record<keyof typeof observedTypes, Record<string, string>>> = {};
  for (const [key, values] of [...told].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const prefix = Object.entries(prefixes).find(([start]) => key.startsWith(start));
    const [value] = values;
    if (prefix === undefined || value === undefined || values.size > 1) continue;
    const [start, name] = prefix;
    (found[name] ??= {})[key.slice(start.length)] = value;
  }
  return Object.keys(found).length === 0 ? undefined : found;
}

/** Whether a lock file tells the same of an agent as is measured now; what trials observed is compared only where it is given. */
export function isCurrent(locked: LockEntry | undefined, now: LockEntry): boolean {
  if (locked === undefined) return false;
  const { observed: _, ...declared } = locked;
  return hashOfValue(declared) === hashOfValue(now);
}
