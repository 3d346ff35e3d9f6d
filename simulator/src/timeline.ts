import type { AgentPlan, AgentStep, CallPlan, RunPlan } from "./plan.ts";
import { answerOf } from "./plan.ts";
import type { Random } from "./random.ts";

/** What a model call had been told before it: the conversation so far, in order. */
export type Turn =
  | { readonly role: "user"; readonly text: string }
  | {
      readonly role: "assistant";
      readonly text: string | null;
      readonly calls: readonly CallPlan[];
    }
  | {
      readonly role: "tool";
      readonly call: CallPlan;
      readonly content: unknown;
      readonly failed: boolean;
    };

export interface TimedStep {
  readonly step: AgentStep;
  readonly startMs: number;
  readonly endMs: number;
  readonly history: readonly Turn[];
}

export interface TimedAgent {
  readonly agent: AgentPlan;
  readonly startMs: number;
  readonly endMs: number;
  readonly steps: readonly TimedStep[];
  readonly answer: string;
}

export interface Timeline {
  readonly startMs: number;
  readonly endMs: number;
  readonly agents: readonly TimedAgent[];
  readonly intake: { readonly startMs: number; readonly endMs: number } | null;
}

/** When each step of a run began and ended, and what each model call had read. One step follows another. */
export function timelineOf(run: RunPlan, random: Random): Timeline {
  const gap = (): number => 0.2 + random.next() * 3;
  let clock = run.startMs + gap();
  const agents: TimedAgent[] = [];
  for (const agent of run.agents) {
    const startMs = clock;
    const steps: TimedStep[] = [];
    let history: readonly Turn[] = [{ role: "user", text: agent.question }];
    for (const step of agent.steps) {
      const stepStart = clock + gap();
      clock = stepStart + step.ms;
      steps.push({ step, startMs: stepStart, endMs: clock, history: toldTo(step, history) });
      history = [...history, turnOf(step)];
    }
    clock += gap();
    agents.push({ agent, startMs, endMs: clock, steps, answer: answerOf(agent) });
  }
  const intakeStart = clock + gap();
  const intake = run.intake ? { startMs: intakeStart, endMs: intakeStart + run.intake.ms } : null;
  return { startMs: run.startMs, endMs: (intake?.endMs ?? clock) + gap(), agents, intake };
}

/** What reaches a step of the conversation so far: all of it, or the latest turns where the context was cut. */
function toldTo(step: AgentStep, history: readonly Turn[]): readonly Turn[] {
  const latest = step.kind === "model" ? step.remembers : undefined;
  return latest === undefined ? history : history.slice(history.length - latest);
}

function turnOf(step: AgentStep): Turn {
  if (step.kind === "model") return { role: "assistant", text: step.text, calls: step.calls };
  const failed = step.thrown !== null;
  const content = step.thrown ? `Error: ${step.thrown.message}` : step.result;
  return { role: "tool", call: step.call, content, failed };
}

export interface Logprob {
  readonly token: string;
  readonly logprob: number;
}

/** Tokens of what a model call wrote, with log probabilities whose mean is that of `probability`. */
export function logprobsOf(written: string, probability: number, random: Random): Logprob[] {
  const tokens = written.match(/[A-Za-z]{1,5}|[^A-Za-z\s]{1,3}/g)?.slice(0, 8) ?? [written];
  const mean = Math.log(probability);
  const noise = tokens.map(() => random.normal(0, 0.04));
  const shift = noise.reduce((sum, value) => sum + value, 0) / tokens.length;
  return tokens.map((token, index) => ({
    token,
    logprob: Math.min(-0.0001, Number((mean + (noise[index] ?? 0) - shift).toFixed(5))),
  }));
}

/** Roughly how many tokens a provider would count: four characters each. */
export function tokenCount(content: unknown): number {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  return Math.max(1, Math.ceil(text.length / 4));
}
