import type { Assertion } from "../model/assertion.ts";
import { policy } from "../model/policy.ts";
import { isObject } from "./pointer.ts";
import { outputJson } from "./subject.ts";
import type { Subject } from "./subject.ts";

type LeafType = "string" | "number" | "boolean" | "null";

interface Leaf {
  readonly pointer: string;
  readonly type: LeafType;
  readonly dated: boolean;
}

const dateTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/;

/** The scalar values of a JSON value with their pointers; array items share `*`. */
function leavesOf(value: unknown, pointer = ""): Leaf[] {
  if (Array.isArray(value)) return value.flatMap((item: unknown) => leavesOf(item, `${pointer}/*`));
  if (isObject(value)) {
    return Object.entries(value).flatMap(([key, inner]) =>
      leavesOf(inner, `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`),
    );
  }
  if (value === null) return [{ pointer, type: "null", dated: false }];
  if (typeof value === "string") return [{ pointer, type: "string", dated: dateTime.test(value) }];
  if (typeof value === "number") return [{ pointer, type: "number", dated: false }];
  return typeof value === "boolean" ? [{ pointer, type: "boolean", dated: false }] : [];
}

interface Seen {
  readonly runs: number;
  readonly types: ReadonlySet<LeafType>;
  readonly allDated: boolean;
}

function leafTable(values: readonly unknown[]): ReadonlyMap<string, Seen> {
  const table = new Map<string, Seen>();
  for (const value of values) {
    const byPointer = new Map<string, Leaf[]>();
    for (const leaf of leavesOf(value)) {
      const leaves = byPointer.get(leaf.pointer);
      if (leaves) leaves.push(leaf);
      else byPointer.set(leaf.pointer, [leaf]);
    }
    for (const [pointer, leaves] of byPointer) {
      const before = table.get(pointer);
      table.set(pointer, {
        runs: (before?.runs ?? 0) + 1,
        types: new Set([...(before?.types ?? []), ...leaves.map(({ type }) => type)]),
        allDated: (before?.allDated ?? true) && leaves.every(({ dated }) => dated),
      });
    }
  }
  return table;
}

/** What holds of a value in nearly all clean runs, as a rule for one pointer. */
function ruleOf(
  pointer: string,
  { types, allDated }: Seen,
): Extract<Assertion, { type: "output:path" }> | null {
  const [only] = types;
  if (types.size !== 1 || only === undefined || only === "null" || pointer === "") return null;
  return {
    type: "output:path",
    id: `path-${pointer.slice(1).replaceAll("/", ".")}`,
    value: {
      pointer,
      type: only,
      not_null: true,
      ...(allDated ? { format: "date-time" as const } : {}),
    },
  };
}

/** One rule for each pointer that nearly all clean outputs hold and that some member's output breaks or lacks. */
export function outputPaths(
  members: readonly Subject[],
  clean: readonly Subject[],
): readonly Assertion[] {
  const table = leafTable(clean.map(outputJson).filter((value) => isObject(value)));
  const broken = leafTable(members.map(outputJson));
  return [...table].flatMap(([pointer, seen]) => {
    if (seen.runs < policy("casePassingShare") * clean.length) return [];
    const rule = ruleOf(pointer, seen);
    const there = broken.get(pointer);
    const same =
      there !== undefined &&
      there.runs === members.length &&
      [...there.types].every((type) => seen.types.has(type)) &&
      (!seen.allDated || there.allDated);
    return rule === null || same ? [] : [rule];
  });
}

/** The JSON Schema that what nearly all clean runs hand over keeps: its required keys and their types. */
function contractOf(payloads: readonly unknown[]): Record<string, unknown> | null {
  const objects = payloads.filter(isObject);
  if (objects.length === 0 || objects.length < policy("casePassingShare") * payloads.length)
    return null;
  const properties: Record<string, unknown> = {};
  const required: string[] = [];
  for (const key of new Set(objects.flatMap((payload) => Object.keys(payload)))) {
    const values = objects
      .filter((payload) => Object.hasOwn(payload, key))
      .map((payload) => payload[key]);
    if (values.length < policy("casePassingShare") * objects.length) continue;
    required.push(key);
    const types = new Set(values.map(jsonType));
    properties[key] = { type: types.size === 1 ? [...types][0] : [...types].sort() };
  }
  return required.length > 0 ? { type: "object", required: required.sort(), properties } : null;
}

/** The type of a value in the words of JSON Schema. */
export function jsonType(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/** One contract for each border between agents that clean runs cross. */
export function handoffContracts(
  members: readonly Subject[],
  clean: readonly Subject[],
): readonly Assertion[] {
  const borders = new Map<string, { from: string | null; to: string; payloads: unknown[] }>();
  for (const { run } of clean) {
    for (const { from, to, carried } of run.handoffs) {
      const key = `${from ?? ""} → ${to}`;
      const border = borders.get(key) ?? { from, to, payloads: [] };
      border.payloads.push(carried.value);
      borders.set(key, border);
    }
  }
  const crossed = new Set(
    members.flatMap(({ run }) => run.handoffs.map(({ from, to }) => `${from ?? ""} → ${to}`)),
  );
  return [...borders].flatMap(([key, { from, to, payloads }]) => {
    const schema = crossed.has(key) ? contractOf(payloads) : null;
    // Who hands over must be known: a contract is one between two agents.
    if (schema === null || from === null) return [];
    return [
      {
        type: "handoff:contract" as const,
        id: `handoff-${from}-${to}`,
        value: { from, to, schema },
      },
    ];
  });
}
