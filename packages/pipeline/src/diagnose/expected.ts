import { policy } from "../model/policy.ts";
import { compareText } from "./flows.ts";
import { emptyTypes, leavesOf } from "./shapes.ts";
import type { Leaves, ShapeProfile } from "./shapes.ts";
import { eachInSlices } from "./slices.ts";
import type { Slices } from "./slices.ts";
import type { RunView } from "./view.ts";
import { wordsOf } from "./words.ts";

/** By component, then pointer: words of the input after which clean runs always carry a value there, each with how often. */
export type Expectations = ReadonlyMap<string, ReadonlyMap<string, ReadonlyMap<string, number>>>;

/** One payload in a clean run, under its component's key. */
export interface Payload {
  readonly view: RunView;
  readonly key: string;
  readonly shape: string;
}

/** Whether a value is there: some type at the pointer that is not empty. */
export function isPresent(leaves: Leaves, pointer: string): boolean {
  return [...(leaves.get(pointer) ?? [])].some((type) => !emptyTypes.has(type));
}

/**
 * Which optional fields the user's own words make necessary: "reefer" in the order, and every clean hand-off carries `/temp_c`. A word
 * counts if it never went without the field, often enough that chance would not do so (`policy.expectationAlpha`, given how often
 * the field is carried at all).
 */
export function* expectationsOf(
  payloads: readonly Payload[],
  profiles: ReadonlyMap<string, ShapeProfile>,
): Slices<Expectations> {
  const optional = new Map([...profiles].map(([key, profile]) => [key, optionalOf(profile)]));
  const counts = new Map<string, Map<string, { with: number; of: number }>>();
  yield* eachInSlices("window", payloads, ({ view, key, shape }) => {
    const profile = profiles.get(key);
    if (!profile || profile.samples < policy("shapeSamples")) return;
    const leaves = leavesOf(shape);
    for (const pointer of optional.get(key) ?? []) {
      const id = JSON.stringify([key, pointer]);
      const byWord = counts.get(id) ?? new Map<string, { with: number; of: number }>();
      counts.set(id, byWord);
      const isHeld = isPresent(leaves, pointer);
      for (const word of wordsOf(view.run)) {
        const count = byWord.get(word) ?? { with: 0, of: 0 };
        byWord.set(word, count);
        count.of += 1;
        if (isHeld) count.with += 1;
      }
    }
  });
  return keepCertain(counts, profiles);
}

function optionalOf(profile: ShapeProfile): readonly string[] {
  return [...profile.pointers.keys()].filter((pointer) => {
    const share = heldShare(profile, pointer);
    return share >= policy("fieldHeldShare") && share < policy("shapeRequiredShare");
  });
}

/** Share of results with a value at the pointer. */
function heldShare(profile: ShapeProfile, pointer: string): number {
  const types = profile.pointers.get(pointer)?.types ?? new Map<string, number>();
  const most = Math.max(0, ...[...types].map(([type, n]) => (emptyTypes.has(type) ? 0 : n)));
  return most / Math.max(1, profile.samples);
}

function keepCertain(
  counts: ReadonlyMap<string, ReadonlyMap<string, { with: number; of: number }>>,
  profiles: ReadonlyMap<string, ShapeProfile>,
): Expectations {
  const kept = new Map<string, Map<string, ReadonlyMap<string, number>>>();
  for (const [id, byWord] of counts) {
    const [key = "", pointer = ""]: readonly string[] = parseId(id);
    const profile = profiles.get(key);
    if (!profile) continue;
    const share = heldShare(profile, pointer);
    const certain = [...byWord].filter(
      ([, { with: held, of }]) => held === of && share ** of <= policy("expectationAlpha"),
    );
    if (certain.length === 0) continue;
    const byPointer = kept.get(key) ?? new Map<string, ReadonlyMap<string, number>>();
    kept.set(key, byPointer);
    byPointer.set(pointer, new Map(certain.map(([word, { of }]) => [word, of])));
  }
  return kept;
}

function parseId(id: string): readonly string[] {
  const parsed: unknown = JSON.parse(id);
  return Array.isArray(parsed) ? parsed.map(String) : [];
}

/** A field that the input's words make necessary, and that a payload does not carry. */
export interface Dropped {
  readonly field: string;
  readonly word: string;
  readonly seen: number;
}

/** What a payload leaves out although the user's words ask for it; the longest word stands for each field. */
export function droppedBy(
  expectations: Expectations,
  { view, key, shape }: Payload,
): readonly Dropped[] {
  const byPointer = expectations.get(key);
  if (!byPointer) return [];
  const leaves = leavesOf(shape);
  const words = wordsOf(view.run);
  return [...byPointer].flatMap(([pointer, certain]) => {
    if (isPresent(leaves, pointer)) return [];
    const said = [...certain]
      .filter(([word]) => words.has(word))
      .toSorted((a, b) => b[0].length - a[0].length || compareText(a[0], b[0]))[0];
    return said ? [{ field: pointer, word: said[0], seen: said[1] }] : [];
  });
}
