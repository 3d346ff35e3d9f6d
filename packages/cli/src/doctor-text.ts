import type { SpanReport } from "@rootward/pipeline/doctor/doctor";
import { count, counted, plain, table } from "./output.ts";

/** A report with what only the door knows: how many records were refused, and what else went wrong with the files. */
export interface DoctorReport extends SpanReport {
  readonly rejected: number;
  readonly next: readonly string[];
  readonly warnings: readonly string[];
}

/** What a fact is good for, told where it is missing. */
const uses: Readonly<Record<string, string>> = {
  "model calls": "cost, prompts, what the model was asked",
  "prompts and answers": "grounded, prompt changes",
  "final answer": "grounded, downstream_ok",
  "tool arguments": "retries, cases that replay tools",
  "tool results": "grounded, soft errors, downstream_ok",
  documents: "grounded",
  "citations can be checked": "grounded by cited ids",
  "agent names": "readings per agent, hand-offs",
  session: "runs of one conversation together",
  user: "who was affected",
  environment: "staging out of production's baselines",
  "service version": "deploys as causes",
  "model answered": "model changes as causes",
  "model build": "silent changes at the provider",
  "token usage": "budgets",
  logprobs: "confidence",
};

function indented(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}

function headLines({ spans, runs, rejected }: DoctorReport): string {
  const parts = [
    `${count(spans.understood)} of ${counted(spans.received, "span")} understood`,
    counted(runs, "run"),
    ...(spans.logs > 0 ? [counted(spans.logs, "log record")] : []),
    `${count(rejected)} rejected`,
    `${count(spans.cut)} cut`,
  ];
  return parts.join(" · ");
}

function senders({ frameworks, otherSpans, conventions }: DoctorReport): string {
  const own =
    otherSpans.spans > 0 ? `scope ${otherSpans.scopes.join(", ") || "without a name"}` : "";
  const rows = [
    ...frameworks.map(({ title, spans, evidence }) => [
      title,
      count(spans),
      evidence === "captured" ? "" : "known from its documentation only",
    ]),
    ...(otherSpans.spans > 0 ? [["your own spans", count(otherSpans.spans), own]] : []),
  ];
  const spoken = conventions.map(({ name, spans }) => `${name} ${count(spans)}`).join(", ");
  return [
    `Who sent them${spoken === "" ? "" : `  (conventions: ${spoken})`}`,
    indented(table([{ name: "" }, { name: "spans", align: "right" }, { name: "" }], rows)),
  ].join("\n");
}

function factRows({ facts }: DoctorReport): string {
  const rows = facts.map(({ name, have, of, unit }) => {
    const mark = of === 0 ? " " : have === of ? "✓" : have === 0 ? "✗" : "◐";
    const counts = of === 0 ? "none seen" : `${count(have)} of ${count(of)}`;
    return [
      mark,
      name,
      counts,
      of === 0 ? "" : unit,
      of > 0 && have < of ? (uses[name] ?? "") : "",
    ];
  });
  const columns = [
    { name: "" },
    { name: "" },
    { name: "", align: "right" as const },
    { name: "" },
    { name: "" },
  ];
  const lines = table(columns, rows).split("\n").slice(1).join("\n");
  return `What is there\n${indented(lines)}`;
}

const headings = {
  set: "To switch on",
  sent: "Sent by default, yet not in these spans",
  never: "Cannot be had from these spans",
} as const;

const silent = "nothing of the kind happened in these runs";
const shownFrameworks = 2;

function adviceBlocks({ advice, frameworks }: DoctorReport): readonly string[] {
  const titles = new Map(frameworks.map(({ id, title }) => [id, title]));
  const whose = (ids: readonly string[]): string => {
    if (ids.length === frameworks.length) return "";
    const named = ids.slice(0, shownFrameworks).map((id) => titles.get(id) ?? id);
    const more = ids.length - named.length;
    return `  [${named.join("; ")}${more > 0 ? `; ${more} more` : ""}]`;
  };
  return (["set", "sent", "never"] as const).flatMap((kind) => {
    const lines = advice
      .filter((one) => one.kind === kind)
      .flatMap((one) => [
        `${one.facts.join(", ")}${whose(one.frameworks)}`,
        `    ${kind !== "sent" ? one.text : one.text === "" ? silent : `unless ${one.text}`}`,
      ]);
    return lines.length === 0 ? [] : [`${headings[kind]}\n${indented(lines.join("\n"))}`];
  });
}

function unreadBlock({ unread }: DoctorReport): readonly string[] {
  if (unread.attributes.length === 0) return [];
  const rows = unread.attributes.map(({ name, spans, example }) => [
    name,
    count(spans),
    example ?? "(not shown: looks like a secret)",
  ]);
  const more = unread.more > 0 ? `\n  and ${counted(unread.more, "more name")}` : "";
  const body = table(
    [{ name: "attribute" }, { name: "spans", align: "right" }, { name: "example" }],
    rows,
  );
  return [`Read by no rule\n${indented(body)}${more}`];
}

/** What a person on call reads: who sent the spans, what is there, what to switch on, what to do next. */
export function doctorText(report: DoctorReport): string {
  const next = report.next.map((line, index) => `  ${index + 1}. ${line}`);
  return [
    headLines(report),
    senders(report),
    factRows(report),
    ...adviceBlocks(report),
    ...unreadBlock(report),
    ...(next.length > 0 ? [`Next\n${next.join("\n")}`] : []),
  ]
    .map((block) =>
      block
        .split("\n")
        .map((line) => plain(line).trimEnd())
        .join("\n"),
    )
    .join("\n\n");
}
