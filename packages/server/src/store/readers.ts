import type { AcceptedBaseline } from "@rootward/pipeline/model/accepted";
import type { FrozenReference } from "@rootward/pipeline/model/baseline";
import type { GateRecord, StoredCase, StoredClosure } from "@rootward/pipeline/model/case-told";
import type { Change } from "@rootward/pipeline/model/change";
import type { CheckResult } from "@rootward/pipeline/model/check-result";
import { ClusterDecision } from "@rootward/pipeline/model/decision";
import { isTraceId } from "@rootward/pipeline/model/ids";
import { policy } from "@rootward/pipeline/model/policy";
import { ReviewRecord } from "@rootward/pipeline/model/review";
import type { Ruling } from "@rootward/pipeline/model/ruling";
import type { Store } from "@rootward/pipeline/ports";
import type { Layout } from "./layout.ts";
import { own } from "./own.ts";
import { boundsOf, tracesAfter, tracesOf } from "./record-reads.ts";
import { textAt } from "./rows.ts";
import type { Ask } from "./run-reads.ts";

type Reader =
  | "traces"
  | "tracesAfter"
  | "countTraces"
  | "unsettled"
  | "texts"
  | "changes"
  | "rulings"
  | "reviews"
  | "checks"
  | "decisions"
  | "baselines"
  | "references"
  | "cases"
  | "closures"
  | "gateResults"
  | "gateResult"
  | "counts";

/**
 * What a store answers about traces and about what people said.
 *
 * @param ask        sees all that was acknowledged
 * @param askLately  all of a quarter of a second before
 */
export function readers(ask: Ask, askLately: Ask, layout: Layout): Pick<Store, Reader> {
  /** What is kept as JSON: the first column of a statement's rows. */
  const told =
    <T>(statement: string, as: (value: unknown) => T) =>
    async (): Promise<readonly T[]> =>
      (await ask(statement)).map((row) => as(JSON.parse(textAt(row, 0))));
  return {
    traces: (ids) => tracesOf(ids, ask),
    tracesAfter: (after, limit, query) => tracesAfter(ask, query, { after: after ?? "", limit }),
    countTraces: async (query) => {
      const counted = await ask("count-traces", boundsOf(query));
      return Number(counted[0]?.[0] ?? 0);
    },
    unsettled: async () => {
      const lookback = policy("unsettledLookbackMs") * 1000;
      const rows = await ask("unsettled", { lookback });
      return rows.map((row) => textAt(row, 0)).filter(isTraceId);
    },
    texts: async (hashes) => {
      const rows = await ask("texts", { hashes });
      return new Map(rows.map((row) => [textAt(row, 0), textAt(row, 1)]));
    },
    changes: told("changes", (value) => own<Change>(value, "atMs", "change")),
    rulings: told("rulings", (value) => own<Ruling>(value, "ruling", "ruling")),
    reviews: told("reviews", (value) => ReviewRecord.parse(value)),
    checks: told("checks", (value) => own<CheckResult>(value, "check", "result of a check")),
    decisions: told("decisions", (value) => ClusterDecision.parse(value)),
    baselines: told("baselines", (value) =>
      own<AcceptedBaseline>(value, "fromMs", "accepted baseline"),
    ),
    references: told("references", (value) => own<FrozenReference>(value, "runIds", "reference")),
    cases: told("cases", (value) => own<StoredCase>(value, "status", "case")),
    closures: told("closures", (value) => own<StoredClosure>(value, "closure", "closure")),
    gateResults: async (limit) =>
      (await ask("gate-results", { limit })).map((row) =>
        own<GateRecord>(JSON.parse(textAt(row, 0)), "verdict", "result of a gate"),
      ),
    gateResult: async (id) => {
      const [row] = await ask("gate-result", { id });
      if (row === undefined) return null;
      return own<GateRecord>(JSON.parse(textAt(row, 0)), "verdict", "result of a gate");
    },
    counts: layout.kind === "single" ? countsKept(askLately) : async () => await counted(askLately),
  };
}

async function counted(ask: Ask): Promise<StoreCounts> {
  const [row] = await ask("counts");
  return { spans: Number(row?.[0]), logs: Number(row?.[1]), runs: Number(row?.[2]) };
}

/** Counting reads every id: it is done again only where parts of the tables are others than last time. A shard's are not seen. */
function countsKept(ask: Ask): Store["counts"] {
  let known: { readonly state: string; readonly counts: StoreCounts } | null = null;
  return async () => {
    const [parts] = await ask("counts-state");
    const state = parts === undefined ? "" : textAt(parts, 0);
    if (known?.state === state) return known.counts;
    const counts = await counted(ask);
    known = { state, counts };
    return counts;
  };
}
type StoreCounts = Awaited<ReturnType<Store["counts"]>>;
