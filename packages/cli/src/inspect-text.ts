import type { ReadRun } from "@rootward/pipeline/ingest/read";
import type { StepDigest } from "@rootward/pipeline/model/digest";
import type { Reading } from "@rootward/pipeline/model/signal";
import { signalNames } from "@rootward/pipeline/model/signal";
import { policy } from "@rootward/pipeline/model/policy";
import { count, counted, plain } from "./output.ts";

const letters = { grounded: "G", fallback: "F", confidence: "C", downstream_ok: "D" } as const;

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function valueText(reading: Reading<number> | Reading<boolean>): string {
  if (reading.kind === "absent") return `– ${reading.why.replaceAll("_", " ")}`;
  if (typeof reading.value === "boolean") return reading.value ? "yes" : "no";
  return reading.value.toFixed(2);
}

/** The four letters of a run: a letter where its signal fails, a dot where it does not, a dash where it is absent. */
function fingerprint({ signals }: Pick<ReadRun, "signals">): string {
  const bad = {
    grounded: (value: number | boolean) => Number(value) < policy("groundedFailsBelow"),
    fallback: (value: number | boolean) => value === true,
    confidence: (value: number | boolean) => Number(value) < policy("confidenceLowBelow"),
    downstream_ok: (value: number | boolean) => value === false,
  };
  return signalNames
    .map((name) => {
      const reading = signals[name];
      if (reading.kind === "absent") return "-";
      return bad[name](reading.value) ? letters[name] : "·";
    })
    .join("");
}

function header({ run }: ReadRun): string {
  const id = `${run.id.slice(0, 4)}…${run.id.slice(-3)}`;
  const time = seconds(Number((run.endNanos - run.startNanos) / 1_000_000n));
  const { spans, of } = run.understood;
  const agents = new Set(run.agents.map((agent) => agent.name)).size;
  const who = counted(agents, "agent");
  const rest = run.complete ? "" : " · incomplete: its root has not arrived";
  return `run ${id} · workflow ${plain(run.workflow)} · ${plain(run.environment)} · ${time} · ${who} · ${spans} of ${of} spans understood (${run.conventions.join(", ")})${rest}`;
}

function signalLines(read: ReadRun): readonly string[] {
  const lines = signalNames.map((name) => {
    const reading = read.signals[name];
    const why = reading.kind === "measured" ? `  (${reading.method})` : "";
    const evidence = reading.kind === "measured" ? (reading.evidence[0]?.text ?? "") : "";
    return `${name.padEnd(14)} ${valueText(reading)}${why}${evidence === "" ? "" : `  ${plain(evidence).slice(0, 120)}`}`;
  });
  const mark = fingerprint(read);
  return lines.map((line, index) => `${index === 0 ? mark : "    "}  ${line}`);
}

function outcomeText(step: StepDigest): string {
  const docs = step.documents;
  if (step.error !== null) return `${step.outcome}: ${plain(step.error.text).slice(0, 80)}`;
  if (docs !== null)
    return `${docs.count} documents${docs.ids.length > 0 ? `: ${plain(docs.ids.slice(0, 4).join(", "))}` : ""}`;
  return step.outcome;
}

function treeLines(read: ReadRun): readonly string[] {
  const { steps } = read.digest;
  const depths = depthsOf(steps);
  const width = Math.min(
    48,
    Math.max(...steps.map((step, index) => step.name.length + 2 * (depths[index] ?? 0) + 4), 10),
  );
  return steps.map((step, index) => {
    const depth = depths[index] ?? 0;
    const isLast = (depths[index + 1] ?? 0) < depth || index === steps.length - 1;
    const branch = depth === 0 ? "" : `${"   ".repeat(depth - 1)}${isLast ? "└─ " : "├─ "}`;
    const name = `${branch}${plain(step.name)}`.padEnd(width);
    const time = step.durationMs === null ? "" : seconds(step.durationMs);
    return `  ${name}  ${step.kind.padEnd(9)} ${time.padStart(8)}   ${outcomeText(step)}`.trimEnd();
  });
}

/** Steps of an agent stand one level below it. */
function depthsOf(steps: readonly StepDigest[]): readonly number[] {
  const agents = new Set<string>();
  return steps.map((step) => {
    if (step.kind === "agent") {
      agents.add(step.name);
      return 0;
    }
    return step.agent !== null && agents.has(step.agent) ? 1 : 0;
  });
}

function verdictLine({ failed, signals, run }: ReadRun): string {
  if (failed.length === 0) return "not failed";
  const reasons = failed.map((reason) => {
    if (reason === "error")
      return `error: ${plain(run.error?.message ?? run.error?.type ?? "").slice(0, 120)}`;
    const reading = signals[reason];
    if (reason === "grounded" && reading.kind === "measured")
      return `grounded ${Number(reading.value).toFixed(2)} < ${policy("groundedFailsBelow")}`;
    return reason === "fallback" ? "fallback was taken" : `${reason} is false`;
  });
  return `failed: ${failed.join(", ")}.  Why: ${reasons.join("; ")}`;
}

/** Each fact on a line: its value and where it stood, or why it is not known. */
function factLines(read: ReadRun): readonly string[] {
  const facts = read.facts();
  const width = Math.max(...facts.map((fact) => fact.name.length));
  return facts.map(({ name, of, value, source, why }) => {
    const about = of === null ? "" : ` of ${plain(of).slice(0, 20)}`;
    const text = plain(String(value)).replaceAll(/\s+/g, " ").slice(0, 60);
    const found =
      source === null ? `– ${why ?? ""}` : `${text}  (${source.convention}: ${source.path})`;
    return `  ${name.padEnd(width)} ${found}${about}`;
  });
}

/**
 * What was read, for people: each run as a tree with its signals and the reasons.
 *
 * @param detail `facts`: below each run every fact with its source, or the reason why it is not known
 */
export function inspectText(
  runs: readonly ReadRun[],
  spans: number,
  detail: "runs" | "facts" = "runs",
): string {
  if (runs.length === 0) {
    return `no run in ${count(spans)} spans: none is an agent, a model call, a tool or a retrieval that is known`;
  }
  return runs
    .map((read) =>
      [
        header(read),
        ...signalLines(read),
        "",
        ...treeLines(read),
        "",
        ...(detail === "facts" ? [...factLines(read), ""] : []),
        verdictLine(read),
      ].join("\n"),
    )
    .join("\n\n");
}
