import { kappaOf } from "../../model/agreement.ts";
import type { Agreement } from "../../model/agreement.ts";
import type { CalibratedJudge, Calibration, JudgeIdentity } from "../../model/calibration.ts";
import type { Label } from "../../model/label.ts";
import { policy } from "../../model/policy.ts";
import { wilson } from "../../model/share.ts";
import type { Share } from "../../model/share.ts";
import { isDeepStrictEqual } from "../equal.ts";
import { contentHash } from "../exchange/exported.ts";

/** How a judge does on labels. An answer that is no verdict counts against it on both sides. */
export interface Rates extends Agreement {
  /** Outputs that people pass, and of them those that the judge passes. */
  readonly acceptsGood: Share;
  /** Outputs that people fail, and of them those that the judge fails. */
  readonly catchesBad: Share;
}

/** The content of labels, however their file is broken into lines. */
export function labelsHash(labels: readonly Label[]): string {
  return contentHash(labels);
}

/** Counts a judge's answers against the labels; a label that it did not answer counts as an error. */
export function ratesOf(
  labels: readonly Pick<Label, "id" | "human">[],
  answers: CalibratedJudge["answers"],
): Rates {
  const byLabel = new Map(answers.map(({ label, judge }) => [label, judge]));
  const said = labels.map(({ id, human }) => ({ human, judge: byLabel.get(id) ?? "error" }));
  const shareOf = (verdict: "pass" | "fail"): Share => {
    const own = said.filter(({ human }) => human === verdict);
    return { count: own.filter(({ judge }) => judge === verdict).length, of: own.length };
  };
  const agreement = kappaOf<string>(
    said.map(({ human }) => human),
    said.map(({ judge }) => judge),
  );
  return { acceptsGood: shareOf("pass"), catchesBad: shareOf("fail"), ...agreement };
}

/** What a judge lacks to count as calibrated; empty: it is. Source: evals.md 2.5. */
export function lackingOf({ acceptsGood, catchesBad }: Rates): readonly string[] {
  const [enough, least] = [policy("judgeLabelsMin"), policy("judgeRateMin")];
  const few = ({ of }: Share, kind: string) =>
    of < enough ? [`too few ${kind} labels (${of} of ${enough})`] : [];
  const low = ({ count, of }: Share, what: string) =>
    of > 0 && count / of < least
      ? [`${what} ${(count / of).toFixed(2)} (${count}/${of}), ${least} is needed`]
      : [];
  return [
    ...few(acceptsGood, "good"),
    ...few(catchesBad, "bad"),
    ...low(acceptsGood, "accepts good"),
    ...low(catchesBad, "catches bad"),
  ];
}

function rateText(what: string, share: Share): string {
  if (share.of === 0) return `${what} unknown (no label)`;
  const [low, high] = wilson(share);
  return `${what} ${(share.count / share.of).toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}] (${share.count}/${share.of})`;
}

/** `accepts good 0.97 [0.89, 0.99] (58/60), catches bad …, kappa …`: each with its 95 % interval and n. */
export function ratesText({ acceptsGood, catchesBad, kappa, interval }: Rates): string {
  const beyond =
    kappa === null || interval === null
      ? "kappa has no answer"
      : `kappa ${kappa.toFixed(2)} [${interval[0].toFixed(2)}, ${interval[1].toFixed(2)}] (${acceptsGood.of + catchesBad.of} labels)`;
  return [rateText("accepts good", acceptsGood), rateText("catches bad", catchesBad), beyond].join(
    ", ",
  );
}

const named = {
  endpoint: "endpoint",
  model: "model",
  max_output_tokens: "params",
  temperature: "params",
  inputs: "inputs",
  rubric_sha256: "rubric",
  prompt: "prompt",
} as const satisfies Record<keyof JudgeIdentity, string>;

/** What makes a judge another one than was calibrated, in words. */
function changed(now: JudgeIdentity, then: JudgeIdentity): readonly string[] {
  const keys = Object.entries(named).flatMap(([key, word]) => {
    const [is, was] = [Object.entries(now), Object.entries(then)].map(
      (entries) => entries.find(([name]) => name === key)?.[1],
    );
    return isDeepStrictEqual(is, was) ? [] : [word];
  });
  return [...new Set(keys)];
}

/**
 * Why a pass of a judge proves nothing yet: it was never calibrated, it or the labels changed since, or it is not good enough. A changed
 * identity voids a calibration.
 *
 * @returns null: it is calibrated
 */
export function whyUnproven(
  identity: JudgeIdentity,
  rubric: string,
  labels: readonly Label[],
  calibration: Calibration | null,
): string | null {
  const command = `rootward cases calibrate ${rubric}`;
  const judges = calibration?.judges ?? [];
  const same = judges.find((one) => isDeepStrictEqual(one.identity, identity));
  if (same === undefined) {
    const changes = judges
      .map((one) => changed(identity, one.identity))
      .toSorted((a, b) => a.length - b.length)[0];
    return changes === undefined
      ? `the judge was never calibrated: ${command}`
      : `its calibration is void, for another ${changes.join(" and ")} is asked now: ${command}`;
  }
  if (same.labels_sha256 !== labelsHash(labels)) {
    return `its calibration is void, for the labels changed since: ${command}`;
  }
  const lacks = lackingOf(ratesOf(labels, same.answers));
  return lacks.length === 0 ? null : `the judge is not good enough: ${lacks.join(", ")}`;
}
