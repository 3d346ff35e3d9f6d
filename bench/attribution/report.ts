import type { Measured, Scores } from "./score.ts";
import { shares } from "./score.ts";

/** One method on one set of runs. */
interface Row {
  readonly method: string;
  readonly scores: Scores;
}

/** A row whose figures are means over draws or a single share, without an interval. */
interface PlainRow {
  readonly method: string;
  readonly values: Readonly<Record<string, number>>;
}

export interface Section {
  readonly name: string;
  readonly n: number;
  readonly suspects: number;
  readonly missing: number;
  readonly rows: readonly Row[];
  readonly plain: readonly PlainRow[];
}

const columns = [...shares, "exam"] as const;
const heads = {
  agent: "agent",
  step: "step",
  within1: "±1",
  within3: "±3",
  top3: "top-3",
  top5: "top-5",
  exam: "EXAM",
};
const wide = 14;
const named = 26;

const percent = (value: number): string => (100 * value).toFixed(1);
const bounds = (value: number): string => (100 * value).toFixed(0);

function cell({ value, low, high }: Measured): string {
  return `${percent(value)} [${bounds(low)},${bounds(high)}]`.padStart(wide);
}

function lineOf({ method, scores }: Row): string {
  const half = scores.confidentHalf;
  const selective = half
    ? `   ${percent(half.step.value)} / ${percent(half.top3.value)}, n=${half.n}`
    : "";
  return `  ${method.padEnd(named)}${columns.map((name) => cell(scores[name])).join("")}${selective}`;
}

function plainLine({ method, values }: PlainRow): string {
  const cells = columns.map((name) =>
    (values[name] === undefined ? "-" : percent(values[name])).padStart(wide),
  );
  return `  ${method.padEnd(named)}${cells.join("")}`;
}

/** Tables for people: percent with 95 % intervals; EXAM is better when lower. */
export function tableOf(sections: readonly Section[]): string {
  const head = `  ${"".padEnd(named)}${columns.map((name) => heads[name].padStart(wide)).join("")}   confident half: step / top-3`;
  return sections
    .map(({ name, n, suspects, missing, rows, plain }) =>
      [
        `${name}: n=${n}, ${suspects.toFixed(1)} suspects a run, ${missing} origins among none of them`,
        head,
        ...rows.map(lineOf),
        ...plain.map(plainLine),
      ].join("\n"),
    )
    .join("\n\n");
}
