import type { ReadRun } from "../ingest/read.ts";
import type { SignalName } from "../model/signal.ts";
import type { Truth } from "./captures.ts";

/** right: as it was, or unknown where the spans cannot show it; absent: unknown where they can; wrong: something else is claimed. */
export type FactVerdict = "right" | "wrong" | "absent";

export interface Fact {
  readonly name: string;
  readonly verdict: FactVerdict;
  readonly want: string;
  readonly got: string;
}

type ToolCall = ReadRun["run"]["toolCalls"][number];

const low = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
const setOf = (items: readonly string[]): string => [...new Set(items)].toSorted().join(" | ");
const squash = (text: string | null): string => (text ?? "").replaceAll(/\s+/g, " ").trim();
const failedOutcome: Readonly<Record<string, boolean>> = {
  ok: false,
  empty: false,
  error: true,
  soft_error: true,
};

/** One agent under two spellings: equal but for case and separators, or one within the other. */
function sameName(one: string, other: string): boolean {
  const a = low(one);
  const b = low(other);
  return a !== "" && b !== "" && (a.includes(b) || b.includes(a));
}

/** Calls that frameworks make of a hand-off or an answer: listed or not, both are right. */
function isOwn(name: string): boolean {
  return (
    /transfer|hand[_-]?off|delegate|coworker|^ask_|^agent-/i.test(name) ||
    /structured_output|final_answer|final_result|^return_|submit_answer/i.test(name)
  );
}

class Facts {
  readonly list: Fact[] = [];

  add(name: string, verdict: FactVerdict | boolean, want: unknown, got: unknown): void {
    this.list.push({
      name,
      verdict: verdict === true ? "right" : verdict === false ? "wrong" : verdict,
      want: String(want),
      got: String(got),
    });
  }
}

/**
 * What was read of one capture against what happened, fact by fact. A fact that the truth does not state is not scored.
 *
 * @param runs what was read of the capture's spans and logs
 */
export function scoreCapture(truth: Truth, runs: readonly ReadRun[]): readonly Fact[] {
  const facts = new Facts();
  if (truth.wire.spans === 0) {
    facts.add("no run invented", runs.length === 0, "no run", `${runs.length} runs`);
    return facts.list;
  }
  if (truth.wire.traces <= 1) facts.add("one run", runs.length === 1, 1, runs.length);
  scoreTools(facts, truth, runs);
  scoreDocuments(facts, truth, runs);
  scoreSignals(facts, truth, runs);
  scoreEnding(facts, truth, runs);
  scoreAgents(facts, truth, runs);
  return facts.list;
}

function scoreTools(facts: Facts, truth: Truth, runs: readonly ReadRun[]): void {
  const see = truth.observable ?? {};
  if (see["toolCalls"] === false) return;
  const own = new Set(truth.toolCalls.filter((call) => call.framework).map((call) => call.name));
  const counts = (call: { readonly name: string; readonly role?: string }): boolean =>
    call.role !== "handoff" && !own.has(call.name) && !isOwn(call.name);
  const calls: readonly ToolCall[] = runs.flatMap(({ run }) => run.toolCalls.filter(counts));
  const wanted = truth.toolCalls.filter(counts);
  const names = calls.map((call) => call.name).join();
  // The name of a tool of an MCP server may hold the server's.
  const want = wanted.map((call) => call.name.replace(/^mcp__\w+?__/, "")).join();
  facts.add(
    "tool calls in order",
    names === want || (names === "" ? "absent" : "wrong"),
    want,
    names,
  );
  if (see["toolErrors"] === false) return;
  if (see["outcomes"] !== false) {
    const right =
      calls.length === wanted.length &&
      wanted.every((one, index) => failedOutcome[calls[index]?.outcome ?? ""] === !one.ok);
    const unknown = calls.some((call) => call.outcome === "unknown");
    facts.add(
      "how each ended",
      right || (unknown ? "absent" : "wrong"),
      wanted.map((call) => (call.ok ? "ok" : "error")).join(),
      calls.map((call) => call.outcome).join(),
    );
  }
  const retried = calls.some((call) => call.retryOf !== null);
  facts.add(
    "retry",
    retried === truth.retry || (truth.retry && wanted.length < 2),
    truth.retry,
    retried,
  );
}

function isContentUnknown(truth: Truth): boolean {
  const see = truth.observable ?? {};
  return (
    /^unknown|not recorded/.test(String(truth.expected.grounded)) ||
    see["retrievedIds"] === false ||
    see["content"] === false
  );
}

function scoreDocuments(facts: Facts, truth: Truth, runs: readonly ReadRun[]): void {
  const found = runs.flatMap(({ run }) =>
    run.retrievals.flatMap((one) => (one.documents ?? []).flatMap((doc) => doc.id ?? [])),
  );
  const allowed = new Set([...truth.retrieved, ...(truth.evidenceIds ?? [])]);
  const invented = found.some((id) => !allowed.has(id));
  if (isContentUnknown(truth)) {
    facts.add("retrieved ids", !invented, "none invented", setOf(found));
    return;
  }
  const missing = truth.retrieved.some((id) => !found.includes(id));
  facts.add(
    "retrieved ids",
    invented ? "wrong" : missing ? "absent" : "right",
    setOf(truth.retrieved),
    setOf(found),
  );
  if (truth.observable?.["output"] === false) return;
  const cited = setOf(runs.flatMap(({ run }) => run.cited ?? []));
  const want = setOf(truth.cited);
  facts.add("cited ids", cited === want || (cited === "" ? "absent" : "wrong"), want, cited);
}

function readingsOf(runs: readonly ReadRun[], name: SignalName): readonly (number | boolean)[] {
  return runs.flatMap(({ signals }) => {
    const reading = signals[name];
    return reading.kind === "measured" ? [reading.value] : [];
  });
}

function scoreSignals(facts: Facts, truth: Truth, runs: readonly ReadRun[]): void {
  const see = truth.observable ?? {};
  const want = String(truth.expected.grounded);
  const grounded = readingsOf(runs, "grounded").map(Number);
  const got = grounded.length === 0 ? "absent" : grounded.join();
  const mayMiss = /^(true|false) or unknown/i.test(want);
  if (mayMiss && grounded.length === 0) facts.add("grounded", true, "absent or right", got);
  else if (/^(true|false)/i.test(want) && !want.startsWith("false if")) {
    const isHigh = /^true/i.test(want);
    const right = isHigh
      ? grounded.length > 0 && grounded.every((value) => value >= 0.75)
      : grounded.some((value) => value < 0.75);
    facts.add(
      "grounded",
      isContentUnknown(truth) || right || (grounded.length === 0 ? "absent" : "wrong"),
      isHigh ? ">= 0.75" : "< 0.75",
      got,
    );
  } else if (!/cut off/.test(want)) {
    const claimsAll = /not applicable|n\/a/.test(want) && grounded.every((value) => value >= 0.75);
    facts.add("grounded", grounded.length === 0 || claimsAll, "absent", got);
  }
  const fallback = readingsOf(runs, "fallback");
  const expected = truth.expected.fallback ?? truth.fallback;
  if (see["toolCalls"] !== false && see["toolErrors"] !== false && typeof expected === "boolean") {
    const read = fallback.some(Boolean);
    facts.add(
      "fallback",
      read === expected || (fallback.length === 0 ? "absent" : "wrong"),
      expected,
      fallback,
    );
  }
  if (truth.expected.downstream_ok !== false) {
    const refused = readingsOf(runs, "downstream_ok").includes(false);
    facts.add("downstream_ok not refused", !refused, "true or absent", !refused);
  }
}

function scoreEnding(facts: Facts, truth: Truth, runs: readonly ReadRun[]): void {
  const see = truth.observable ?? {};
  const isUnknown = String(truth.expected.grounded).startsWith("unknown");
  if (
    see["output"] !== false &&
    see["content"] !== false &&
    truth.output &&
    !truth.runFailed &&
    !isUnknown
  ) {
    const want = squash(truth.output);
    const said = runs.map(({ run }) => squash(run.output.value?.text ?? null));
    const right = said.some(
      (text) =>
        text !== "" &&
        (text.includes(want) ||
          (want.startsWith("{") && text.replaceAll(/\s/g, "") === want.replaceAll(/\s/g, ""))),
    );
    facts.add(
      "final output",
      right || (said.every((text) => text === "") ? "absent" : "wrong"),
      want.slice(0, 60),
      (said.at(-1) ?? "").slice(0, 60),
    );
  }
  const errors = runs.flatMap(({ run }) => run.error ?? []);
  if (truth.runFailed && see["runFailed"] !== false) {
    const seen = errors.length > 0 || runs.some(({ run }) => !run.complete);
    facts.add("failed run", seen || "absent", "error or incomplete", "looks fine");
  } else if (!truth.runFailed && see["error"] !== false) {
    const shown = errors.map((error) => `${error.type}: ${error.message}`).join();
    facts.add("no error invented", errors.length === 0, "no error", shown);
  }
}

function scoreAgents(facts: Facts, truth: Truth, runs: readonly ReadRun[]): void {
  const see = truth.observable ?? {};
  if (see["agents"] !== false) {
    const names = runs.flatMap(({ run }) => run.agents.map((agent) => agent.name));
    const right = truth.agents.every((agent) => names.some((name) => sameName(agent, name)));
    facts.add("agents", right || (names.length === 0 ? "absent" : "wrong"), truth.agents, names);
  }
  if (see["handoff"] === false) return;
  const hops = runs.flatMap(({ run }) => run.handoffs);
  const shown = hops.map((hop) => `${hop.from}->${hop.to}`).join();
  if (truth.handoff === null) {
    facts.add("hand-off", hops.length === 0, "none", shown);
    return;
  }
  const { from, to } = truth.handoff;
  const right = hops.some((hop) => sameName(hop.to, to));
  facts.add("hand-off", right || (hops.length === 0 ? "absent" : "wrong"), `${from}->${to}`, shown);
}
