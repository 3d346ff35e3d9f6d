import { check, Problem } from "./check.ts";
import { caseAt } from "./cases.ts";
import type { Case, Source } from "./whole.ts";

/** What some rounds came to. */
export interface Totals {
  readonly kinds: Map<
    string,
    { bodies: number; accepted: number; rejected: number; unreadable: number }
  >;
  compared: number;
  runs: number;
  /** By reason: records that were rejected though protobufjs takes their bodies. */
  readonly stricter: Map<string, number>;
  readonly slowest: { receive: Slow; read: Slow };
  readonly failures: Failure[];
}

interface Slow {
  readonly ms: number;
  readonly round: number;
  readonly kind: string;
  readonly bytes: number;
}

export interface Failure {
  readonly round: number;
  readonly of: Case;
  readonly problem: Problem;
}

const none: Slow = { ms: 0, round: -1, kind: "", bytes: 0 };

export function newTotals(): Totals {
  return {
    kinds: new Map(),
    compared: 0,
    runs: 0,
    stricter: new Map(),
    slowest: { receive: none, read: none },
    failures: [],
  };
}

/** Makes the body of one round, checks it and adds it up. */
export function runRound(source: Source, seed: number, round: number, into: Totals): void {
  const of = caseAt(source, seed, round);
  const kind = into.kinds.get(of.kind) ?? { bodies: 0, accepted: 0, rejected: 0, unreadable: 0 };
  into.kinds.set(of.kind, kind);
  kind.bodies += 1;
  try {
    const outcome = check(of);
    kind.accepted += outcome.accepted;
    kind.rejected += outcome.rejected;
    if (outcome.isUnreadable) kind.unreadable += 1;
    into.compared += outcome.compared;
    into.runs += outcome.runs;
    for (const reason of outcome.stricter) {
      const kept = reason.replace(/\d+/g, "N");
      into.stricter.set(kept, (into.stricter.get(kept) ?? 0) + 1);
    }
    const slow = (ms: number): Slow => ({ ms, round, kind: of.kind, bytes: of.bytes.length });
    if (outcome.receiveMs > into.slowest.receive.ms) into.slowest.receive = slow(outcome.receiveMs);
    if (outcome.readMs > into.slowest.read.ms) into.slowest.read = slow(outcome.readMs);
  } catch (cause) {
    if (!(cause instanceof Problem)) throw new Error(`seed ${seed}, round ${round}`, { cause });
    into.failures.push({ round, of, problem: cause });
  }
}
