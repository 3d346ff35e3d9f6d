import type { PartialSuccess } from "@rootward/pipeline/wire/answer";
import type { Exchange } from "@rootward/pipeline/exchange/exchange";
import type { Packed } from "@rootward/pipeline/exchange/pack";
import { count, counted, plain } from "../output.ts";

/** What an import did, as `--json` prints it. */
export interface Report {
  readonly from: string;
  readonly to: string;
  /** How it ended: all that there was, or as far as Ctrl-C let it. */
  readonly ended: "complete" | "stopped";
  /** Traces of which something was sent. */
  readonly traces: number;
  /** Spans and log records that were sent and taken. */
  readonly spans: number;
  readonly logs: number;
  readonly accepted: number;
  /** Records that could not be read, or that the server refused. */
  readonly rejected: number;
  readonly reasons: Readonly<Record<string, number>>;
  /** Fields that have no place in a span, with how often they held something. */
  readonly unmapped: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
}

/** Counts while an import runs. */
export interface Tally {
  read(exchange: Exchange): void;
  sent(packed: Packed, answer: PartialSuccess): void;
  warn(text: string): void;
  report(ended: Report["ended"]): Report;
}

/** Reasons that are told apart; what comes after them is counted together. */
const reasonsMax = 20;
const otherReasons = "other reasons";

/** A tally of nothing yet. */
export function newTally(from: string, to: string): Tally {
  const traceIds = new Set<string>();
  const reasons = new Map<string, number>();
  const unmapped = new Map<string, number>();
  const warnings: string[] = [];
  const records = { traces: 0, logs: 0 };
  let refusedThere = 0;
  const reject = (reason: string, by: number) => {
    const known = reasons.has(reason) || reasons.size < reasonsMax ? reason : otherReasons;
    reasons.set(known, (reasons.get(known) ?? 0) + by);
  };
  return {
    read(exchange) {
      for (const { reason, at } of exchange.refused)
        reject(reasons.has(reason) ? reason : firstOf(reasons, reason, at), 1);
      for (const [name, by] of exchange.unmapped)
        unmapped.set(name, (unmapped.get(name) ?? 0) + by);
    },
    sent({ body, records: number, traceIds: ids }, { rejected, message }) {
      for (const id of ids) traceIds.add(id);
      if (body.signal !== "metrics") records[body.signal] += number;
      refusedThere += rejected;
      if (rejected > 0) reject(message, rejected);
    },
    warn: (text) => void warnings.push(text),
    report: (ended) => ({
      from,
      to,
      ended,
      traces: traceIds.size,
      spans: records.traces,
      logs: records.logs,
      accepted: records.traces + records.logs - refusedThere,
      rejected: [...reasons.values()].reduce((sum, number) => sum + number, 0),
      reasons: Object.fromEntries(reasons),
      unmapped: Object.fromEntries([...unmapped].toSorted(([, a], [, b]) => b - a)),
      warnings,
    }),
  };
}

/** A reason with the place where it came first; the same reason elsewhere is counted to it. */
function firstOf(reasons: ReadonlyMap<string, number>, reason: string, at: string): string {
  const known = [...reasons.keys()].find((each) => each.startsWith(`${reason} (first: `));
  return known ?? `${reason} (first: ${at})`;
}

/** A report for people. */
export function reportLines(report: Report): readonly string[] {
  const logs = report.logs === 0 ? "" : `, ${counted(report.logs, "log record")}`;
  const what = `${counted(report.traces, "trace")}, ${counted(report.spans, "span")}${logs}`;
  const verb = report.ended === "complete" ? "imported" : "stopped; sent so far:";
  const parts = Object.entries(report.reasons).map(
    ([reason, number]) => `  ${count(number)} × ${plain(reason)}`,
  );
  const unmapped = Object.entries(report.unmapped).map(
    ([name, number]) => `${plain(name)} ${count(number)}`,
  );
  return [
    `${verb} ${what} from ${plain(report.from)} to ${report.to}`,
    `accepted ${count(report.accepted)} · rejected ${count(report.rejected)}`,
    ...parts,
    ...(unmapped.length === 0 ? [] : [`not mapped: ${unmapped.join(", ")}`]),
  ];
}
