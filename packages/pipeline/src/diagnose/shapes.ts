import { policy } from "../model/policy.ts";
import { compareText } from "./flows.ts";

/** What results of one component look like: how often each pointer and each type at it was seen, over `samples` results. */
export interface ShapeProfile {
  readonly samples: number;
  readonly pointers: ReadonlyMap<
    string,
    { readonly count: number; readonly types: ReadonlyMap<string, number> }
  >;
  /** Each distinct set of pointers with how often it was seen. */
  readonly sets: readonly { readonly pointers: ReadonlySet<string>; readonly count: number }[];
  /** How often each whole shape was seen, in canonical form. */
  readonly shapes: ReadonlyMap<string, number>;
  /** Chance that the next ordinary result holds a pointer, or a type at a known pointer, never seen before. */
  readonly newPointer: number;
  readonly newType: number;
}

export interface Retyped {
  readonly pointer: string;
  readonly was: string;
  readonly is: string;
}

/** How one result is unlike the profile; empty lists where it is like it. */
export interface ShapeDifference {
  readonly missing: readonly string[];
  readonly added: readonly string[];
  readonly retyped: readonly Retyped[];
}

/** Types that ordinary values change between without meaning anything. */
const sameType: Readonly<Record<string, string>> = {
  int: "number",
  float: "number",
  id: "text",
  url: "text",
  email: "text",
};

/** Types by pointer. */
export type Leaves = ReadonlyMap<string, ReadonlySet<string>>;

/** Shapes repeat by the thousand. */
const knownLeaves = new Map<string, Leaves>();
const knownMost = 10_000;

/** The leaves of a shape text, by pointer; a pointer with several types (of an array's elements) keeps each. */
export function leavesOf(shape: string): Leaves {
  const found = knownLeaves.get(shape);
  if (found) return found;
  const leaves = splitShape(shape);
  if (knownLeaves.size >= knownMost) knownLeaves.clear();
  knownLeaves.set(shape, leaves);
  return leaves;
}

function splitShape(shape: string): Leaves {
  const leaves = new Map<string, Set<string>>();
  for (const line of shape.split("\n")) {
    const colon = line.lastIndexOf(":");
    if (colon < 0) continue;
    const pointer = line.slice(0, colon);
    const type = line.slice(colon + 1);
    const types = leaves.get(pointer) ?? new Set();
    leaves.set(pointer, types.add(sameType[type] ?? type));
  }
  return leaves;
}

/** A shape with types that mean the same made equal: what two results have in common when they are of one kind. */
export function canonicalShape(shape: string): string {
  return [...leavesOf(shape)]
    .map(([pointer, types]) => `${pointer}:${[...types].toSorted(compareText).join("|")}`)
    .join("\n");
}

/** Types of what holds no value. */
export const emptyTypes: ReadonlySet<string> = new Set(["[]", "{}", "null", "empty"]);

/** A profile from shapes with how often each was seen. */
export function profileOf(shapes: ReadonlyMap<string, number>): ShapeProfile {
  const pointers = new Map<string, { count: number; types: Map<string, number> }>();
  const sets = new Map<string, { pointers: ReadonlySet<string>; count: number }>();
  const whole = new Map<string, number>();
  let samples = 0;
  for (const [shape, count] of shapes) {
    const leaves = leavesOf(shape);
    const canonical = canonicalShape(shape);
    whole.set(canonical, (whole.get(canonical) ?? 0) + count);
    samples += count;
    const key = [...leaves.keys()].join("\n");
    const set = sets.get(key) ?? { pointers: new Set(leaves.keys()), count: 0 };
    set.count += count;
    sets.set(key, set);
    for (const [pointer, types] of leaves) {
      const entry = pointers.get(pointer) ?? { count: 0, types: new Map<string, number>() };
      entry.count += count;
      for (const type of types) entry.types.set(type, (entry.types.get(type) ?? 0) + count);
      pointers.set(pointer, entry);
    }
  }
  return {
    samples,
    pointers,
    sets: [...sets.values()],
    shapes: whole,
    ...noveltyOf(shapes, pointers, samples),
  };
}

/** Good's estimate: what was seen exactly once is as frequent as what was never seen. */
function noveltyOf(
  shapes: ReadonlyMap<string, number>,
  pointers: ReadonlyMap<string, { count: number; types: ReadonlyMap<string, number> }>,
  samples: number,
): { newPointer: number; newType: number } {
  let [oncePointer, onceType] = [0, 0];
  for (const [shape, count] of shapes) {
    if (count !== 1) continue;
    const leaves = [...leavesOf(shape)];
    const entryOf = (pointer: string) => pointers.get(pointer);
    if (leaves.some(([pointer]) => entryOf(pointer)?.count === 1)) oncePointer += 1;
    else if (
      leaves.some(([pointer, types]) =>
        [...types].some((type) => entryOf(pointer)?.types.get(type) === 1),
      )
    ) {
      onceType += 1;
    }
  }
  return {
    newPointer: samples > 0 ? oncePointer / samples : 1,
    newType: samples > 0 ? onceType / samples : 1,
  };
}

/** The profile as it would be without one result of this shape. */
export function without(shapes: ReadonlyMap<string, number>, shape: string): ShapeProfile {
  const rest = new Map(shapes);
  const count = rest.get(shape) ?? 0;
  if (count > 1) rest.set(shape, count - 1);
  else rest.delete(shape);
  return profileOf(rest);
}

function parentOf(pointer: string): string {
  return pointer.slice(0, Math.max(0, pointer.lastIndexOf("/")));
}

/** Whether a pointer cannot be expected because something above it is empty here. */
function excused(pointer: string, leaves: Leaves): boolean {
  for (let above = parentOf(pointer); ; above = parentOf(above)) {
    const types = leaves.get(above);
    if (types && [...types].some((type) => emptyTypes.has(type))) return true;
    if (above === "") return false;
  }
}

/** Whether a new pointer only fills what was empty in some results of the profile. */
function elaborates(pointer: string, profile: ShapeProfile): boolean {
  for (let above = pointer; above !== "";) {
    above = parentOf(above);
    const usual = profile.pointers.get(above)?.types;
    if (usual && [...usual.keys()].some((type) => emptyTypes.has(type))) return true;
  }
  return false;
}

/** Whether a new pointer is only the empty form of what is filled in the profile. */
function empties(pointer: string, leaves: Leaves, profile: ShapeProfile): boolean {
  const types = [...(leaves.get(pointer) ?? [])];
  if (!types.every((type) => emptyTypes.has(type))) return false;
  return [...profile.pointers.keys()].some((other) => other.startsWith(`${pointer}/`));
}

/** Pointers that results with these siblings nearly always hold. */
function missingOf(profile: ShapeProfile, leaves: Leaves): readonly string[] {
  const known = [...leaves.keys()].filter((pointer) => profile.pointers.has(pointer));
  if (known.length === 0 && profile.samples > 0) return [];
  return [...profile.pointers.entries()]
    .filter(([pointer, { count }]) => {
      if (count < policy("shapeSamples") || leaves.has(pointer)) return false;
      if (leaves.size === 0 || excused(pointer, leaves)) return false;
      const parent = parentOf(pointer);
      const siblings = known.filter((other) => parentOf(other) === parent);
      if (siblings.length === 0 && parent !== "") {
        return count / profile.samples >= policy("shapeRequiredShare");
      }
      let [alike, holding] = [0, 0];
      for (const set of profile.sets) {
        if (!siblings.every((sibling) => set.pointers.has(sibling))) continue;
        alike += set.count;
        if (set.pointers.has(pointer)) holding += set.count;
      }
      return alike >= policy("shapeSamples") && holding / alike >= policy("shapeRequiredShare");
    })
    .map(([pointer]) => pointer)
    .toSorted(compareText);
}

/**
 * How a result is unlike those of the profile: pointers that it lacks although results like it hold them, pointers never seen, types
 * never seen at a pointer. Where new pointers or types are ordinary (`policy.noveltyMost`), they are no difference.
 *
 * @returns undefined where the profile has fewer than `policy.shapeSamples` results, so that nothing can be said
 */
export function differenceOf(profile: ShapeProfile, shape: string): ShapeDifference | undefined {
  if (profile.samples < policy("shapeSamples")) return undefined;
  const memo = known.get(profile) ?? new Map<string, ShapeDifference>();
  known.set(profile, memo);
  const difference = memo.get(shape) ?? compare(profile, shape);
  if (memo.size >= knownMost) memo.clear();
  memo.set(shape, difference);
  return difference;
}

/** Shapes repeat by the thousand; the answer for one depends on nothing but it and the profile. */
const known = new WeakMap<ShapeProfile, Map<string, ShapeDifference>>();

function compare(profile: ShapeProfile, shape: string): ShapeDifference {
  const leaves = leavesOf(shape);
  const added =
    profile.newPointer > policy("noveltyMost")
      ? []
      : [...leaves.keys()].filter(
          (pointer) =>
            !profile.pointers.has(pointer) &&
            !elaborates(pointer, profile) &&
            !empties(pointer, leaves, profile),
        );
  const retyped: Retyped[] = [];
  if (profile.newType <= policy("noveltyMost")) {
    for (const [pointer, types] of leaves) {
      const entry = profile.pointers.get(pointer);
      if (!entry || entry.count < policy("shapeSamples")) continue;
      for (const type of types) {
        if (entry.types.has(type)) continue;
        retyped.push({ pointer, was: commonest(entry.types), is: type });
      }
    }
  }
  return { missing: missingOf(profile, leaves), added: added.toSorted(compareText), retyped };
}

function commonest(types: ReadonlyMap<string, number>): string {
  return (
    [...types.entries()].toSorted((a, b) => b[1] - a[1] || compareText(a[0], b[0]))[0]?.[0] ?? ""
  );
}

/** Whether anything differs. */
export function differs(difference: ShapeDifference | undefined): difference is ShapeDifference {
  return (
    difference !== undefined &&
    difference.missing.length + difference.added.length + difference.retyped.length > 0
  );
}

/** Whether the shape is the usual one and only values are gone: bad data rather than another schema. */
export function onlyEmptied({ missing, added, retyped }: ShapeDifference): boolean {
  return missing.length + added.length === 0 && retyped.every(({ is }) => emptyTypes.has(is));
}

/** A difference in one line: `-/currency +/currency_code /amount number→text`. */
export function tellDifference({ missing, added, retyped }: ShapeDifference): string {
  return [
    ...missing.map((pointer) => `-${pointer || "/"}`),
    ...added.map((pointer) => `+${pointer || "/"}`),
    ...retyped.map(({ pointer, was, is }) => `${pointer || "/"} ${was}→${is}`),
  ].join(" ");
}
