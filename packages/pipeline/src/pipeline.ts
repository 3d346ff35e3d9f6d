import { explained, textsToldOf } from "./diagnose/diagnose.ts";
import type { DiagnoseOptions } from "./diagnose/diagnose.ts";
import { keepUp, nothingKept } from "./diagnose/keeping.ts";
import type { Kept } from "./diagnose/keeping.ts";
import { sharing } from "./diagnose/sharing.ts";
import type { Slices } from "./diagnose/slices.ts";
import { PortError } from "./errors.ts";
import { generateCase } from "./evals/generate.ts";
import type { GenerateInput, Generation } from "./evals/generate.ts";
import { usageOf } from "./evals/cost.ts";
import { decide } from "./evals/gate.ts";
import type { Decided } from "./evals/gate.ts";
import { unfailedOutputs } from "./evals/known-bad.ts";
import type { Unfailed } from "./evals/known-bad.ts";
import { inLanes } from "./evals/lanes.ts";
import type { Lane } from "./evals/lanes.ts";
import { caseJudgeOf, gradeByJudge } from "./evals/judging/judge.ts";
import type { CaseJudge, CaseRubric } from "./evals/judging/judge.ts";
import { gradeTrial, settingsOf, undecidedTrial } from "./evals/trial.ts";
import type { SeenCall } from "./evals/told-spans.ts";
import { trialRun } from "./evals/trial-run.ts";
import { trialSubject } from "./evals/trial-subject.ts";
import { runTrials, trialsOf } from "./evals/trials.ts";
import { read, textsOf } from "./ingest/read.ts";
import type { ReadOptions, ReadRun } from "./ingest/read.ts";
import { receive } from "./wire/receive.ts";
import type { Subject } from "./evals/subject.ts";
import type { Diagnosis } from "./model/baseline.ts";
import type { Cluster } from "./model/cluster.ts";
import type { OtlpBody, Receipt } from "./model/batch.ts";
import type { EvalCase, TrialsPolicy } from "./model/evalcase.ts";
import type { Severity } from "./model/evalfields.ts";
import type { Override } from "./model/override.ts";
import type { JudgeConfig } from "./model/judge-config.ts";
import { policy } from "./model/policy.ts";
import type { Day } from "./model/time.ts";
import type { GateVerdict, Trial } from "./model/verdict.ts";
import type { ContractCheck } from "./model/workflow.ts";
import type { Breathe, Ports, Store, TrialEvidence } from "./ports.ts";
import type { Span, TraceContent } from "./model/span.ts";

/** Per request. Bytes in, receipt out; accepted + rejected = received. Repeating it changes nothing. */
export async function ingest(body: OtlpBody, { store }: Pick<Ports, "store">): Promise<Receipt> {
  const { batch, rejections } = receive(body);
  if (batch.length > 0) await store.put(batch); // durable when it returns
  return { batch, accepted: batch.length, rejections };
}

/** What was settled, with the runs that were made of it. */
export interface Settled {
  readonly content: TraceContent;
  readonly runs: readonly ReadRun[];
}

/**
 * Per tick. Traces gone quiet become measured runs; a late span gives the same run again, replaced under the same id.
 *
 * @param passOn  told of what was read before its runs are stored: a crash in between repeats and never skips
 */
export async function settle(
  contents: Iterable<TraceContent> | AsyncIterable<TraceContent>,
  optionsFor: (content: TraceContent) => ReadOptions,
  { store }: { readonly store: Pick<Store, "putRuns"> },
  passOn?: (settled: readonly Settled[]) => Promise<void>,
): Promise<readonly ReadRun[]> {
  const settled: Settled[] = [];
  for await (const content of contents) {
    settled.push({ content, runs: read(content, optionsFor(content)) });
  }
  await passOn?.(settled);
  const runs = settled.flatMap((one) => one.runs);
  const digests = runs.map(({ digest }) => digest);
  if (runs.length > 0) await store.putRuns(digests, textsOf(runs));
  return runs;
}

/** How a diagnosis is made, beside what it is made of. */
interface Making {
  /** Runs that are remembered at most. */
  readonly runsMost?: number;
  /** What the process kept of the last time; nothing, and all runs are read. The answer is the same. */
  readonly kept?: Kept;
  /** Called between slices of some milliseconds. */
  readonly breathe?: Breathe;
}

/**
 * Per window. The runs of the store, compared with their workflow's clean ones: drifts, clusters, causes. What was put since the last
 * time is read, and of `runsMost` runs or more the latest are remembered, with a warning.
 */
export async function diagnose(
  options: DiagnoseOptions & Making,
  { store }: Pick<Ports, "store">,
): Promise<Diagnosis> {
  const { runsMost = policy("diagnoseRunsMost"), kept = nothingKept(), breathe } = options;
  const pace = async <T>(work: Slices<T>): Promise<T> => await paced(work, breathe);
  const asked = { ...options, accepted: await store.baselines() };
  const around = { source: store, options: asked, runsMost, pace };
  const { readings, dropped } = await keepUp(kept, around);
  const told = await store.changes();
  const texts = await store.texts(await pace(textsToldOf(readings)));
  const rulings = await store.rulings();
  const decisions = await store.decisions();
  const input = { told, texts, rulings, decisions, options: asked };
  const found = await pace(explained(readings, input));
  const diagnosis =
    dropped > 0 ? { ...found, warnings: [...found.warnings, leftOut(dropped, runsMost)] } : found;
  await store.putDiagnosis(diagnosis);
  return diagnosis;
}

function leftOut(dropped: number, most: number): string {
  const whole = policy("acceptedRunsMost");
  const ofAccepted = whole < most ? ` (${whole} of a workflow with an accepted baseline)` : "";
  return `the latest ${most} runs${ofAccepted} and those of baselines are diagnosed; ${dropped} earlier ones are left out`;
}

async function paced<T>(work: Slices<T>, breathe: Breathe | undefined): Promise<T> {
  for (;;) {
    const next = work.next();
    if (next.done === true) return next.value;
    const rest = breathe?.();
    if (rest) await rest;
  }
}

/**
 * Per diagnosed cluster. One eval case, with the proof that it tells the cluster's runs from clean ones. Clean runs that the break touched
 * as well, though they did not fail of it, are left out of that.
 */
export async function generate(
  input: GenerateInput,
  { checker }: Pick<Ports, "checker">,
): Promise<Generation> {
  const clean = untouched(input.cluster, input.clean);
  return await generateCase({ ...input, clean }, checker);
}

/** Of clean runs those that a cluster's break did not touch: what a case of it is proven on. */
export function untouched(cluster: Cluster, clean: readonly Subject[]): readonly Subject[] {
  const touched = sharing(
    cluster,
    clean.map(({ digest }) => digest),
  );
  return clean.filter(({ digest }) => !touched.has(digest.id));
}

/** A case with its file and the lines of its assertions, by name. */
export interface GateCase {
  readonly evalCase: EvalCase;
  readonly file: string;
  readonly lines: ReadonlyMap<string, number | null>;
  /** What its judge goes by; null or absent where there is none. */
  readonly rubric?: CaseRubric | null;
}

export interface GateInput {
  readonly cases: readonly GateCase[];
  /** Every case of the folder, also those that are not tried now: what an override may name. Default: `cases`. */
  readonly known?: readonly EvalCase[];
  readonly overrides: readonly Override[];
  /** What makes the store of cases invalid: nothing is tried then. */
  readonly problems: readonly string[];
  readonly today: Day;
  readonly breakGlass: boolean;
  readonly trials: Partial<Record<Severity, TrialsPolicy | undefined>>;
  /** The agent of a case, and how many of its cases are tried at the same time. */
  readonly laneOf: (evalCase: EvalCase) => Lane;
  /** Who is asked where a case has a judge. Default: nobody, which is undecided. */
  readonly judge?: JudgeConfig | undefined;
  readonly contractFor: (workflow: string) => ContractCheck | null;
  readonly map: ReadOptions["map"];
  readonly onProgress: (done: number, of: number) => void;
  /** Active cases that were not chosen, and what may have changed. Default: none. */
  readonly skipped?: GateVerdict["skipped"];
  readonly changes?: GateVerdict["changes"];
  /** The candidate's identity on which a case is tried. Default: unknown. */
  readonly identityFor?: (evalCase: EvalCase) => string | null;
  /** US dollars per million tokens, by model. Default: none is known. */
  readonly prices?: Parameters<typeof usageOf>[2];
  /** Tries one case with `runTrial` until it is decided. Default: `runTrials`, as the policy says. */
  readonly tryCase?: typeof runTrials;
}

/** Per commit. Runs the candidate on every active case, P0 first, and decides. */
export async function gate(
  input: GateInput,
  ports: Pick<Ports, "candidate" | "checker" | "judge">,
): Promise<GateVerdict> {
  const { laneOf, onProgress, problems } = input;
  const active = input.cases
    .filter(({ evalCase }) => evalCase.status === "active")
    .sort((a, b) => (a.evalCase.severity < b.evalCase.severity ? -1 : 1));
  const queue = problems.length > 0 ? [] : active;
  const decided: Decided[] = [];
  const work = async ({ evalCase, file, lines, rubric = null }: GateCase): Promise<void> => {
    const judge = evalCase.judge ? caseJudgeOf(evalCase, rubric, input.judge) : null;
    const runTrial = (tried: EvalCase, index: number) =>
      trial({ evalCase: tried, index, file, judge }, input, ports);
    const tryCase = input.tryCase ?? runTrials;
    const tally = await tryCase(evalCase, trialsOf(evalCase, input.trials), runTrial);
    const identity = input.identityFor?.(evalCase) ?? null;
    const unproven = judge?.ok === true ? judge.unproven : [];
    decided.push({ tally, file, lines, identity, unproven });
    onProgress(decided.length, queue.length);
  };
  await inLanes(queue, ({ evalCase }) => laneOf(evalCase), work);
  decided.sort((a, b) => (a.file < b.file ? -1 : 1));
  const known = input.known ?? input.cases.map(({ evalCase }) => evalCase);
  return decide({ ...input, known, decided });
}

/**
 * Per case that is loaded. The outputs that it says it must fail and does not, each with why: its assertions are asked offline.
 *
 * @param recorded  what its tools returned
 */
export async function unfailed(
  evalCase: EvalCase,
  caseFile: string,
  recorded: readonly SeenCall[],
  reading: Pick<GateInput, "contractFor" | "map">,
  { checker }: Pick<Ports, "checker">,
): Promise<readonly Unfailed[]> {
  const begun = { logs: [], traceId: "1".padStart(32, "0"), startedMs: 0 };
  const readRun = (spans: readonly Span[]) => runOf(evalCase, spans, begun, reading);
  const noSpans = "an output of known_bad has no spans";
  const left = {
    ...begun,
    spans: [],
    noSpans,
    replayedTools: [],
    replayed: recorded,
    durationMs: 0,
  };
  const subjectOf = (output: unknown) => {
    const told = trialSubject(evalCase, { ...left, answer: { output } }, readRun);
    if (told.subject === null) throw new Error(told.why);
    return told.subject;
  };
  return await unfailedOutputs(evalCase, caseFile, subjectOf, checker);
}

interface Tried {
  readonly evalCase: EvalCase;
  readonly index: number;
  readonly file: string;
  readonly judge: CaseJudge | null;
}

/** One execution of the candidate: its spans go through the same reading as production. What fails in it is tried once more. */
async function trial(
  { evalCase, index, file: caseFile, judge }: Tried,
  input: GateInput,
  { candidate, checker, judge: model }: Pick<Ports, "candidate" | "checker" | "judge">,
): Promise<Trial> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const evidence = await candidate.run(evalCase, index);
      const readRun = (spans: readonly Span[]) => runOf(evalCase, spans, evidence, input);
      const told = trialSubject(evalCase, evidence, readRun);
      if (told.subject === null) return undecidedTrial(index, told.why, evidence.durationMs);
      const { answer, replayed } = evidence;
      const usage = withUsage(answer.usage, told.subject.run, input);
      const subject = { ...told.subject, answer: { ...answer, ...usage } };
      const byJudge = judge && (() => gradeByJudge(evalCase, subject, judge, model));
      const asked = { evalCase, index, subject, replayed, caseFile, byJudge };
      const graded = await gradeTrial(asked, checker);
      const isLost = subject.unseen !== undefined && graded.outcome === "undecided";
      if (attempt > 0 || !isLost) return graded;
    } catch (error) {
      if (!(error instanceof PortError)) throw error;
      if (attempt > 0 || !error.retryable) return undecidedTrial(index, error.message);
    }
  }
}

function withUsage(
  told: TrialEvidence["answer"]["usage"],
  run: ReadRun["run"],
  { prices }: GateInput,
) {
  const usage = usageOf(told, run.llmCalls, prices ?? {});
  return usage === undefined ? {} : { usage };
}

/** The run of a trial among what the candidate sent. */
function runOf(
  evalCase: EvalCase,
  spans: readonly Span[],
  { logs, traceId, startedMs }: Pick<TrialEvidence, "logs" | "traceId" | "startedMs">,
  input: Pick<GateInput, "contractFor" | "map">,
) {
  const settings = settingsOf(evalCase);
  const runs = read(
    { spans, logs },
    { settingsFor: () => settings, contractFor: input.contractFor, map: input.map, closedBy: null },
  );
  return trialRun(runs, { workflow: evalCase.workflow, traceId, startedMs });
}
