import { createHash } from "node:crypto";
import type { Change, ChangeKind } from "../model/change.ts";
import type { RunDigest } from "../model/digest.ts";
import { policy } from "../model/policy.ts";
import type { UnixMillis } from "../model/time.ts";
import { dayMs } from "../model/time.ts";
import { shapeKey } from "./cleanwindow.ts";
import type { Clean } from "./cleanwindow.ts";
import { compareText } from "./flows.ts";
import type { Flow } from "./flows.ts";
import { differenceOf, differs, onlyEmptied, tellDifference } from "./shapes.ts";
import { eachInSlices } from "./slices.ts";
import type { Slices } from "./slices.ts";
import { componentOf, isCall } from "./view.ts";

/** What each prefix of `RunDigest.versions` says when its value changes. */
const fieldKinds: Readonly<Record<string, ChangeKind>> = {
  prompt: "prompt",
  prompt_version: "prompt",
  tool_schema: "tool_schema",
  response_schema: "response_schema",
  model_requested: "model",
  model_answered: "model",
  model_build: "model",
  index: "index",
  deploy: "deploy",
  commit: "deploy",
};

const fieldWords: Readonly<Record<string, string>> = {
  prompt: "prompt of",
  prompt_version: "prompt",
  config: "flag",
  tool_schema: "definition of",
  response_schema: "shape of the results of",
  model_requested: "model asked for by",
  model_answered: "model answering",
  model_build: "build of the model answering",
  index: "index",
  deploy: "service version",
  commit: "commit",
};

function prefixOf(field: string): string {
  return field.split(":", 1)[0] ?? field;
}

/** `usual`, until a result differs from all clean ones; then the difference. */
export const usualShape = "as in clean runs";

/**
 * Everything about a run that can change between runs: its versions, and for each tool whether its results have the clean shape.
 * Values that are merely gone are bad data, no other schema.
 */
export function versionsOf(run: RunDigest, clean: Clean | null): ReadonlyMap<string, string> {
  const versions = new Map(Object.entries(run.versions));
  if (!clean) return versions;
  for (const step of run.steps) {
    if (!isCall(step) || step.resultShape === null || step.outcome !== "ok") continue;
    const profile = clean.profiles.get(shapeKey.result(step));
    const difference = profile && differenceOf(profile, step.resultShape);
    if (!difference) continue;
    const field = `response_schema:${componentOf(step)}`;
    if (differs(difference) && !onlyEmptied(difference)) {
      versions.set(field, tellDifference(difference));
    } else if (!versions.has(field)) versions.set(field, usualShape);
  }
  return versions;
}

/** A flow's runs with their versions, read once. */
export interface Versioned {
  readonly run: RunDigest;
  readonly versions: ReadonlyMap<string, string>;
}

/** Index, among runs by start, of the first run that started at a time or after it. */
export function firstFrom(versioned: readonly Versioned[], atMs: UnixMillis): number {
  let [low, high] = [0, versioned.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((versioned[middle]?.run.startedMs ?? 0) < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface Sighting {
  readonly value: string;
  readonly index: number;
  readonly atMs: UnixMillis;
}

/** One field of a flow: a window over its last values, which of them are established, and what became so. */
interface Field {
  readonly values: ReadonlySet<string>;
  readonly found: readonly { readonly at: Sighting; readonly before: string | null }[];
  readonly add: (value: string, atMs: UnixMillis) => void;
}

function newField(): Field {
  const values = new Set<string>();
  const found: { at: Sighting; before: string | null }[] = [];
  const window: Sighting[] = [];
  const first = new Map<string, Sighting>();
  const counts = new Map<string, number>();
  const established = new Set<string>();
  let seen = 0;

  const forget = (old: Sighting | undefined): void => {
    if (!old) return;
    const count = (counts.get(old.value) ?? 1) - 1;
    if (count > 0) counts.set(old.value, count);
    else {
      counts.delete(old.value);
      established.delete(old.value);
    }
  };
  const judge = (value: string, count: number): void => {
    const at = first.get(value);
    if (!at || established.has(value) || count < policy("changeRuns")) return;
    if (count / window.length < policy("changeShare")) return;
    established.add(value);
    if (at.index < policy("changeInitialRuns")) return;
    const others = [...counts].filter(([other]) => other !== value);
    const most = others.toSorted((a, b) => b[1] - a[1] || compareText(a[0], b[0]))[0];
    found.push({ at, before: most?.[0] ?? null });
  };
  const add = (value: string, atMs: UnixMillis): void => {
    const sighting = { value, index: seen++, atMs };
    values.add(value);
    window.push(sighting);
    const count = (counts.get(value) ?? 0) + 1;
    counts.set(value, count);
    if (count === 1) first.set(value, sighting);
    if (window.length > policy("changeWindowRuns")) forget(window.shift());
    judge(value, count);
  };
  return { values, found, add };
}

/**
 * The changes that a flow's own runs show: a value that at least `policy.changeRuns` runs and `policy.changeShare` of the last
 * `policy.changeWindowRuns` carry, from its first sighting on. A field with more than `policy.variesPerDay` new values a day varies
 * from run to run and gives none.
 *
 * @source diagnosis.md A3.4, ledger
 */
export function* changesOf(flow: Flow, versioned: readonly Versioned[]): Slices<readonly Change[]> {
  const fields = new Map<string, Field>();
  yield* eachInSlices("changes", versioned, ({ run, versions }) => {
    for (const [name, value] of versions) {
      const field = fields.get(name) ?? newField();
      fields.set(name, field);
      field.add(value, run.startedMs);
    }
  });
  const first = versioned[0]?.run.startedMs ?? 0;
  const days = Math.max(1, ((versioned.at(-1)?.run.startedMs ?? 0) - first) / dayMs);
  return [...fields].flatMap(([name, field]) =>
    field.values.size / days > policy("variesPerDay")
      ? []
      : field.found.map(({ at, before }) => changeOf(flow, name, { ...at, before })),
  );
}

function changeOf(
  flow: Flow,
  field: string,
  { value, atMs, before }: { value: string; atMs: UnixMillis; before: string | null },
): Change {
  const { workflow, environment } = flow;
  const prefix = prefixOf(field);
  const subject = field.slice(prefix.length + 1);
  const key = JSON.stringify([workflow, environment, field, value, atMs]);
  const words = [fieldWords[prefix] ?? prefix, subject].filter((word) => word !== "").join(" ");
  return {
    id: `span-${createHash("sha256").update(key).digest("hex").slice(0, 8)}`,
    atMs,
    kind: fieldKinds[prefix] ?? "config",
    workflow,
    environment,
    service: null,
    title: `${words}: ${short(before)} → ${short(value)}`,
    before,
    after: value,
    origin: "spans",
    field,
  };
}

function short(value: string | null): string {
  if (value === null) return "none";
  return /^[0-9a-f]{16,}$/.test(value) ? value.slice(0, 8) : value.slice(0, 80);
}

/** Told and derived changes in one list by time, each id once. */
export function ledgerOf(told: readonly Change[], derived: readonly Change[]): readonly Change[] {
  const unique = new Map([...derived, ...told].map((change) => [change.id, change]));
  return [...unique.values()].toSorted((a, b) => a.atMs - b.atMs || compareText(a.id, b.id));
}

const servicesBy = new WeakMap<Flow, ReadonlySet<string>>();

/** The services of a flow: every change asks for them. */
function servicesOf(flow: Flow): ReadonlySet<string> {
  const known = servicesBy.get(flow);
  if (known) return known;
  const first = flow.runs.slice(0, policy("changeWindowRuns"));
  const services = new Set(first.map((run) => run.service));
  servicesBy.set(flow, services);
  return services;
}

/** Whether a change may concern a flow: told entries without a workflow or service concern everyone. */
export function concerns(change: Change, flow: Flow): boolean {
  return (
    (change.workflow === null || change.workflow === flow.workflow) &&
    (change.environment === null || change.environment === flow.environment) &&
    (change.service === null ||
      change.workflow === flow.workflow ||
      servicesOf(flow).has(change.service))
  );
}

/** Values of a change's field in the runs before it: going back to one of them takes the change back, unless it is the very value that came. */
export function valuesBefore(change: Change, versioned: readonly Versioned[]): ReadonlySet<string> {
  const values = new Set<string>();
  if (change.field === null) return values;
  for (const { run, versions } of versioned) {
    if (run.startedMs >= change.atMs) break;
    const value = versions.get(change.field);
    if (value !== undefined) values.add(value);
  }
  return values;
}

/**
 * Whether a run already carries a change, or a later value that was built upon it; null where the run does not say.
 *
 * @param old  what `valuesBefore` gives
 */
export function carries(
  change: Change,
  { run, versions }: Versioned,
  old: ReadonlySet<string>,
): boolean | null {
  if (change.field === null) return run.startedMs >= change.atMs;
  const value = versions.get(change.field);
  if (value === undefined) return null;
  return run.startedMs >= change.atMs && (value === change.after || !old.has(value));
}
