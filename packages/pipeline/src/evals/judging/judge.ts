import type { JudgeModel } from "../../model/judge-model.ts";
import type { EvalCase } from "../../model/evalcase.ts";
import type { Calibration, JudgeIdentity } from "../../model/calibration.ts";
import type { JudgeConfig } from "../../model/judge-config.ts";
import type { Label } from "../../model/label.ts";
import { policy } from "../../model/policy.ts";
import { judgeInputs } from "../../model/rubric.ts";
import type { JudgeInput, Rubric } from "../../model/rubric.ts";
import type { Grade } from "../../model/verdict.ts";
import { contentHash } from "../exchange/exported.ts";
import type { Subject } from "../subject.ts";
import { partsOfTrial } from "./parts.ts";
import type { Part } from "./parts.ts";
import { judgePrompt, promptVersion } from "./prompt.ts";
import { whyUnproven } from "./standing.ts";
import { readVerdict } from "./verdict.ts";
import type { Vote } from "./verdict.ts";
import { voted } from "./votes.ts";
import type { Voted } from "./votes.ts";

/** What a judge is called in reports and in an override's `covers`. */
export const judgeName = "judge";

/** A judge as it is asked: who, by which rubric, shown what. */
export interface Judge {
  readonly rubric: Rubric;
  readonly identity: JudgeIdentity;
}

/** The judge of a case, or why there is none. */
export type CaseJudge =
  | {
      readonly ok: true;
      readonly judge: Judge;
      readonly votes: number;
      /** Why a pass of it proves less; empty: it is calibrated. */
      readonly unproven: readonly string[];
    }
  | { readonly ok: false; readonly why: string };

/** The text of a rubric as it counts: however a checkout breaks its lines, it is one. */
function rubricHash({ text, verdicts }: Rubric): string {
  return contentHash([text.replaceAll("\r\n", "\n").trim(), verdicts]);
}

/**
 * The judge that asks by this rubric.
 *
 * @param model  wins over the rubric's own, which wins over `judge.default_model`
 * @returns why not: nothing names an endpoint or a model
 */
export function judgeOf(
  rubric: Rubric,
  config: JudgeConfig | undefined,
  asked: { readonly model: string | undefined; readonly inputs: readonly JudgeInput[] },
): { readonly ok: true; readonly judge: Judge } | { readonly ok: false; readonly why: string } {
  if (config === undefined) {
    return { ok: false, why: "no endpoint is asked: give one under judge: in rootward.yaml" };
  }
  const model = asked.model ?? rubric.model ?? config.default_model;
  if (model === undefined) {
    return {
      ok: false,
      why: `no model is named: give judge.default_model in rootward.yaml, or model in rubric ${rubric.id}`,
    };
  }
  const identity: JudgeIdentity = {
    endpoint: config.kind,
    model,
    max_output_tokens: rubric.params?.max_output_tokens ?? policy("judgeTokens"),
    temperature: rubric.params?.temperature ?? 0,
    inputs: judgeInputs.filter((name) => asked.inputs.includes(name)),
    rubric_sha256: rubricHash(rubric),
    prompt: promptVersion,
  };
  return { ok: true, judge: { rubric, identity } };
}

/** A rubric with what stands beside it. */
export interface CaseRubric {
  readonly rubric: Rubric;
  readonly labels: readonly Label[];
  readonly calibration: Calibration | null;
}

/** The judge of a case, with how its calibration stands. */
export function caseJudgeOf(
  { judge: asked }: Pick<EvalCase, "judge">,
  given: CaseRubric | null,
  config: JudgeConfig | undefined,
): CaseJudge {
  if (asked === undefined || given === null) return { ok: false, why: "its rubric is missing" };
  const { rubric, labels, calibration } = given;
  const found = judgeOf(rubric, config, { model: asked.model, inputs: asked.inputs });
  if (!found.ok) return found;
  const unproven = whyUnproven(found.judge.identity, rubric.id, labels, calibration);
  return {
    ok: true,
    judge: found.judge,
    votes: asked.votes ?? config?.votes ?? 1,
    unproven: unproven === null ? [] : [unproven],
  };
}

/** One vote on what is shown. `isReached`: whether there was an answer at all. */
export async function askJudge(
  { rubric, identity }: Judge,
  parts: readonly Part[],
  port: JudgeModel,
): Promise<{ readonly vote: Vote; readonly isReached: boolean }> {
  const { model, max_output_tokens: maxOutputTokens, temperature } = identity;
  const answer = await port.ask({
    ...judgePrompt(rubric.text, parts),
    model,
    maxOutputTokens,
    temperature: temperature === "default" ? null : temperature,
  });
  return answer.ok
    ? { vote: readVerdict(answer.text, parts), isReached: true }
    : { vote: { kind: "error", why: answer.why }, isReached: false };
}

function gradeOf({ kind, given, of }: Voted): Grade {
  const decisive = given.find((vote) => vote.kind === kind);
  const count = (one: Vote["kind"]) => given.filter((vote) => vote.kind === one).length;
  const tally = of === 1 ? "" : `${count(kind)} of ${given.length} votes`;
  const split = `votes are split: ${count("pass")} pass, ${count("fail")} fail, ${count("error")} err`;
  if (decisive === undefined) return { kind: "error", assertion: judgeName, why: split };
  const quoted = decisive.kind === "error" ? "" : `quotes ${JSON.stringify(decisive.quote)}`;
  const notes = [quoted, tally].filter((text) => text !== "").join("; ");
  return {
    kind,
    assertion: judgeName,
    why: notes === "" ? decisive.why : `${decisive.why} (${notes})`,
  };
}

/**
 * Judges the stored output of one trial as often as the case says, without the agent being run again. A failure of a P0 counts only by the
 * majority of three votes on the same output: the noise of a judge must not block.
 *
 * @returns pass or fail with the judge's reason and quote; error where it cannot be asked or too few of its answers are verdicts
 */
export async function gradeByJudge(
  evalCase: Pick<EvalCase, "input" | "judge" | "severity">,
  subject: Subject,
  caseJudge: CaseJudge,
  port: JudgeModel,
): Promise<Grade> {
  const error = (why: string): Grade => ({ kind: "error", assertion: judgeName, why });
  if (!caseJudge.ok) return error(caseJudge.why);
  const { judge, votes } = caseJudge;
  const shown = partsOfTrial(evalCase, subject, judge.identity.inputs);
  if (!shown.ok) return error(shown.why);
  const ask = async () => (await askJudge(judge, shown.parts, port)).vote;
  const confirmed = evalCase.severity === "P0" ? policy("judgeVotesP0") : 1;
  return gradeOf(await voted(ask, votes, confirmed));
}
