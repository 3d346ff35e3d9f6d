import { useCallback, useEffect, useState } from "react";
import type { RunStanding, WorkflowDiagnosis } from "@rootward/pipeline/model/baseline";
import type { Change } from "@rootward/pipeline/model/change";
import type { Cluster, DiagnosedRun } from "@rootward/pipeline/model/cluster";
import type { RunDigest } from "@rootward/pipeline/model/digest";
import type { LlmCall, Run } from "@rootward/pipeline/model/run";
import type { RulingWord } from "@rootward/pipeline/model/ruling";
import type { FailureReason, Signals } from "@rootward/pipeline/model/signal";

export interface Status {
  readonly spans: number;
  readonly runs: number;
  readonly loopsClosed: { readonly closed: number; readonly of: number };
  readonly received?: number;
  readonly accepted?: number;
  /** By reason. */
  readonly rejected?: Readonly<Record<string, number>>;
}

/** A cluster as the API sends it; in lists `members` may be cut, `size` never is. */
export type ShownCluster = Cluster & { readonly size: number };

export interface Overview {
  readonly workflows: readonly WorkflowDiagnosis[];
  readonly clusters: readonly ShownCluster[];
  readonly changes: readonly Change[];
  readonly status: Status;
}

export interface RunLine {
  readonly id: string;
  readonly workflow: string;
  readonly environment: string;
  readonly startedMs: number;
  readonly durationMs: number;
  readonly signals: Signals;
  readonly failed: readonly FailureReason[];
  readonly cluster: string | null;
  readonly inputText: string | null;
}

export interface RunLines {
  readonly runs: readonly RunLine[];
}

/** A run as JSON: nanoseconds are decimal strings. */
export type RunJson = Omit<Run, "startNanos" | "endNanos" | "llmCalls"> & {
  readonly llmCalls: readonly Omit<LlmCall, "startNanos" | "endNanos">[];
};

export interface SpanJson {
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly kind: string;
  readonly startNanos: string;
  readonly endNanos: string;
  readonly statusCode: string;
  readonly statusMessage: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly unknown[];
}

export interface RunAnswer {
  readonly run: RunJson;
  readonly digest: RunDigest;
  readonly diagnosed: DiagnosedRun | null;
  /** How it stands after diagnosis; null before the next one. */
  readonly standing?: RunStanding | null;
  readonly spans: readonly SpanJson[];
  /** Readings of each agent's part, by span id of the agent; absent from servers that do not measure agents apart. */
  readonly agentSignals?: Readonly<Record<string, Signals>>;
}

interface CaseLine {
  readonly id: string;
  readonly cluster: string | null;
  readonly file: string;
  readonly severity: string;
  readonly status: string;
  readonly text?: string | null;
}

/** A closure, as far as the page shows it; the keys of its file. */
interface ClosureLine {
  readonly file: string;
  readonly closure: {
    readonly id: string;
    readonly cluster: string;
    readonly decision: string;
    readonly case?: string;
    readonly category: string;
    readonly why: string;
    readonly closed_by: string;
    readonly reviewed_by: string;
    readonly closed: string;
    readonly review_again?: string;
  };
}

export interface CaseLines {
  readonly cases: readonly CaseLine[];
  readonly closures: readonly ClosureLine[];
}

/** The last results of gates, without their trials. */
export interface GateLines {
  readonly results: readonly {
    readonly atMs: number;
    readonly commit: string | null;
    readonly verdict: {
      readonly outcome: string;
      readonly cases: readonly {
        readonly case: string;
        readonly action: string;
        readonly why: string;
        readonly trials: { readonly n: number; readonly pass: number };
      }[];
    };
  }[];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function hasLists(value: unknown, ...names: readonly string[]): boolean {
  return isRecord(value) && names.every((name) => Array.isArray(value[name]));
}

/** The overview's answer has its lists and its status; the server of the same version fills them. */
export function isOverview(value: unknown): value is Overview {
  return (
    isRecord(value) &&
    hasLists(value, "workflows", "clusters", "changes") &&
    isRecord(value["status"]) &&
    isRecord(value["status"]["loopsClosed"])
  );
}

export function isCluster(value: unknown): value is ShownCluster {
  return (
    isRecord(value) &&
    typeof value["id"] === "string" &&
    typeof value["size"] === "number" &&
    hasLists(value, "members", "differences") &&
    hasLists(value["attribution"], "causes", "notThese")
  );
}

export function isRunLines(value: unknown): value is RunLines {
  return hasLists(value, "runs");
}

export function isRunAnswer(value: unknown): value is RunAnswer {
  return (
    isRecord(value) &&
    hasLists(value, "spans") &&
    hasLists(value["digest"], "steps") &&
    hasLists(value["run"], "llmCalls", "toolCalls")
  );
}

export function isCaseLines(value: unknown): value is CaseLines {
  return hasLists(value, "cases", "closures");
}

export function isGateLines(value: unknown): value is GateLines {
  return hasLists(value, "results");
}

export type Answer<T> =
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly status: number; readonly message: string }
  | { readonly kind: "here"; readonly value: T };

/** The last answer of each path, so that going back shows it at once while it is asked again. */
const remembered = new Map<string, unknown>();
const rememberedMost = 40;

async function ask(path: string): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await fetch(path, { headers: { accept: "application/json" } });
  const body: unknown = await response.json().catch(() => null);
  return { status: response.status, body };
}

type Failed = Extract<Answer<never>, { readonly kind: "failed" }>;

function unanswered(path: string): Failed {
  return { kind: "failed", status: 0, message: `${path} did not answer; is the server running?` };
}

function failure(path: string, status: number, body: unknown): Failed {
  const said = isRecord(body) && typeof body["error"] === "string" ? body["error"] : null;
  const message =
    status === 200
      ? `${path} answered in a form that this page does not know`
      : (said ?? `${path} answered ${status}`);
  return { kind: "failed", status, message };
}

function isDiagnosed(value: unknown): value is DiagnosedRun {
  return isRecord(value) && hasLists(value, "deviations") && isRecord(value["finding"]);
}

/** Tells the server what a person says of a run's origin. @returns what it is by that */
export async function tellOrigin(ruling: {
  readonly run: string;
  readonly step: number;
  readonly ruling: RulingWord;
}): Promise<Exclude<Answer<DiagnosedRun>, { readonly kind: "loading" }>> {
  const path = "/api/origins";
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { accept: "application/json", "content-type": "application/json" },
      body: JSON.stringify(ruling),
    });
    const body: unknown = await response.json().catch(() => null);
    const told = isRecord(body) ? body["diagnosed"] : null;
    return response.status === 200 && isDiagnosed(told)
      ? { kind: "here", value: told }
      : failure(path, response.status, body);
  } catch {
    return unanswered(path);
  }
}

async function answerOf<T>(path: string, is: (value: unknown) => value is T): Promise<Answer<T>> {
  try {
    const { status, body } = await ask(path);
    if (status !== 200 || !is(body)) return failure(path, status, body);
    remembered.delete(path);
    remembered.set(path, body);
    if (remembered.size > rememberedMost) remembered.delete([...remembered.keys()][0] ?? "");
    return { kind: "here", value: body };
  } catch {
    return unanswered(path);
  }
}

function recall<T>(path: string, is: (value: unknown) => value is T): Answer<T> {
  const value = remembered.get(path);
  return is(value) ? { kind: "here", value } : { kind: "loading" };
}

/**
 * What the server says at a path: asked when shown, asked again every `everyMs` while the tab is visible.
 * An answer that is here stays on the page when a later question fails.
 *
 * @param is  the check at the door; an answer that does not pass it is a failure, never shown
 */
export function useApi<T>(
  path: string,
  is: (value: unknown) => value is T,
  everyMs?: number,
): Answer<T> {
  const [shown, setShown] = useState<{ readonly path: string; readonly answer: Answer<T> }>(() => ({
    path,
    answer: recall(path, is),
  }));
  const refresh = useCallback(async () => {
    const answer = await answerOf(path, is);
    setShown((before) => {
      const keeps =
        answer.kind === "failed" && before.path === path && before.answer.kind === "here";
      return keeps ? before : { path, answer };
    });
  }, [path, is]);
  useEffect(() => {
    void refresh();
    if (everyMs === undefined) return;
    const timer = setInterval(() => {
      if (!document.hidden) void refresh();
    }, everyMs);
    return () => clearInterval(timer);
  }, [refresh, everyMs]);
  return shown.path === path ? shown.answer : recall(path, is);
}
