import { table } from "./output.ts";
import { wrap } from "./report.ts";
import type { ShownCause, ShownCluster } from "./shown.ts";

const indent = 13;

/** `+1.4`, `−0.3`: log-odds with their sign. */
function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)}`;
}

/** Every cause that was considered, with each term of its log-odds and the numbers behind it; then the others in one line. */
export function explainedPart({ attribution }: ShownCluster): readonly string[] {
  const considered = attribution.causes.filter(({ terms }) => terms.length > 0);
  const unknown = attribution.causes.find(({ cause }) => cause === "unknown");
  const others = attribution.causes.filter(
    ({ cause, terms }) => terms.length === 0 && cause !== "unknown",
  );
  const sum = considered.reduce((total, { probability }) => total + probability, 0);
  const left = unknown?.probability ?? Math.max(0, 1 - sum);
  return [
    wrap(
      "why".padEnd(indent),
      "each term adds to a cause's log-odds against no known cause, whose log-odds are 0",
    ),
    ...considered.flatMap(causeLines),
    "",
    `  none of them · ${(left * 100).toFixed(1)} %`,
    ...(others.length > 0
      ? [
          wrap(
            "not considered".padEnd(indent + 2),
            others.map(({ cause }) => cause.replaceAll("_", " ")).join(", "),
          ),
        ]
      : []),
  ];
}

function causeLines({ cause, probability, terms, change }: ShownCause): readonly string[] {
  const total = terms.reduce((sum, { value }) => sum + value, 0);
  const head = `  ${cause.replaceAll("_", " ")} · ${(probability * 100).toFixed(1)} %${change ? ` · ${change.title}` : " · no change is named"}`;
  const rows = [
    ...terms.map(({ term, value, seen }) => [term, signed(value), seen]),
    ["sum", signed(total), ""],
  ];
  const text = table(
    [{ name: "term" }, { name: "log-odds", align: "right" }, { name: "seen" }],
    rows,
  );
  return ["", head, ...text.split("\n").map((line) => `    ${line}`)];
}
