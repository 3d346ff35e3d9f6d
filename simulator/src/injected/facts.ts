import { documentId } from "../names.ts";
import type { DocumentPlan } from "../plan.ts";
import type { Random } from "../random.ts";
import type { Field, World } from "./world.ts";

/** What is true of one request, before any agent works on it. */
export interface Facts {
  /** Which of the two kinds of case it is. */
  readonly side: 0 | 1;
  readonly subject: string;
  /** By field name. */
  readonly values: ReadonlyMap<string, unknown>;
  readonly lines: readonly number[];
  /** What the index holds on it, best first. */
  readonly documents: readonly DocumentPlan[];
  /** A request of the kind that is beyond the model. */
  readonly hard: boolean;
}

/** A fresh value of a field. */
export function valueOf({ kind, words }: Field, atMs: number, random: Random): unknown {
  const day = new Date(atMs + random.int(1, 40) * 86_400_000).toISOString().slice(0, 10);
  const values = {
    id: () => `${words[0] ?? "X"}${random.int(100_000, 999_999)}`,
    amount: () => random.int(1900, 64_000) / 100,
    currency: () => random.pick(["EUR", "EUR", "EUR", "CHF", "GBP"]),
    date: () => day,
    status: () => random.pick(words),
    count: () => random.int(1, 9),
    text: () => random.pick(["called twice", "no remark", "wants it soon", "see file"]),
  } as const satisfies Record<Field["kind"], () => unknown>;
  return values[kind]();
}

const firstDocument = 120;

function numberOf(world: World, side: 0 | 1, subject: string): number {
  const at = world.subjects[side]?.[1].indexOf(subject) ?? 0;
  return firstDocument + side * 400 + at * 9;
}

/** A document of the index, as a search returns it. */
export function documentOf(
  world: World,
  number: number,
  score: number,
  random: Random,
): DocumentPlan {
  const id = documentId(world.documents, number);
  return {
    id,
    score: Number(random.normal(score, 0.03).toFixed(3)),
    text: `Section ${id}: the case is settled within ${(number % 23) + 3} days unless a waiver is on file.`,
  };
}

/** The facts of a request that comes at a time. */
export function factsOf(world: World, atMs: number, random: Random, hardShare: number): Facts {
  const side = world.other !== null && random.chance(0.5) ? 1 : 0;
  const [, subjects] = world.subjects[side] ?? ["", ["case"]];
  const subject = random.pick(subjects);
  const everywhere = [...world.workers, ...(world.other ? [world.other] : [])];
  const fields = [
    ...world.output,
    ...everywhere.flatMap(({ stages, passes }) => [
      ...passes,
      ...stages.flatMap(({ takes, gives }) => [...takes, ...gives]),
    ]),
  ];
  const values = new Map<string, unknown>();
  for (const field of fields) {
    if (!values.has(field.name)) values.set(field.name, valueOf(field, atMs, random));
  }
  const lines = Array.from({ length: random.int(2, 4) }, () => random.int(300, 9_000) / 100);
  for (const { kind, gives } of everywhere.flatMap(({ stages }) => stages)) {
    const [sum] = gives;
    if (kind === "list" && sum) values.set(sum.name, round(lines));
  }
  const number = numberOf(world, side, subject);
  const documents = [number, number + 4].map((at, index) =>
    documentOf(world, at, 0.87 - index * 0.18, random),
  );
  return { side, subject, values, lines, documents, hard: random.chance(hardShare) };
}

/** The sum of amounts, to the hundredth. */
export function round(amounts: readonly number[]): number {
  return Number(amounts.reduce((sum, amount) => sum + amount, 0).toFixed(2));
}
