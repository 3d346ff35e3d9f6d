import type { JudgeModel } from "../../model/judge-model.ts";
import type { CalibratedJudge } from "../../model/calibration.ts";
import type { Label } from "../../model/label.ts";
import type { Day } from "../../model/time.ts";
import { inLanes } from "../lanes.ts";
import { askJudge } from "./judge.ts";
import type { Judge } from "./judge.ts";
import { partsOfLabel } from "./parts.ts";
import type { Part } from "./parts.ts";
import { labelsHash } from "./standing.ts";

/** A judge's answers on all labels; or why there is no calibration: labels lack what it is shown, or the endpoint did not answer. */
export type Calibrating =
  | { readonly ok: true; readonly value: CalibratedJudge; readonly errors: readonly string[] }
  | { readonly ok: false; readonly errors: readonly string[] };

interface Shown {
  readonly label: Label;
  readonly parts: readonly Part[];
}

type Answer = CalibratedJudge["answers"][number];

/**
 * Asks a judge about every label once. One vote, as it is the least that a case may ask for: the majority of several is no worse where a
 * vote is right more often than not. What is no verdict is kept as an error; where the endpoint does not answer, nothing is kept.
 *
 * @param concurrency  questions at once
 */
export async function calibrate(
  judge: Judge,
  labels: readonly Label[],
  port: JudgeModel,
  setting: {
    readonly today: Day;
    readonly concurrency: number;
    readonly onProgress: (done: number, of: number) => void;
  },
): Promise<Calibrating> {
  const pending: Shown[] = [];
  const lacks: string[] = [];
  for (const label of labels) {
    const shown = partsOfLabel(label, judge.identity.inputs);
    if (shown.ok) pending.push({ label, parts: shown.parts });
    else lacks.push(`label ${label.id}: ${shown.why}`);
  }
  if (lacks.length > 0) return { ok: false, errors: lacks };
  const answers = new Map<string, Answer>();
  const errors: string[] = [];
  const unreached: string[] = [];
  const lane = { name: "labels", atOnce: setting.concurrency };
  await inLanes(
    pending,
    () => lane,
    async ({ label: { id, human }, parts }) => {
      if (unreached.length > 0) return;
      const { vote, isReached } = await askJudge(judge, parts, port);
      if (!isReached) unreached.push(`label ${id}: ${vote.why}`);
      else if (vote.kind === "error") errors.push(`label ${id}: ${vote.why}`);
      answers.set(id, { label: id, human, judge: vote.kind });
      setting.onProgress(answers.size, labels.length);
    },
  );
  if (unreached.length > 0) return { ok: false, errors: unreached.slice(0, 1) };
  return {
    ok: true,
    errors,
    value: {
      identity: judge.identity,
      labels_sha256: labelsHash(labels),
      at: setting.today,
      answers: labels.flatMap(({ id }) => answers.get(id) ?? []),
    },
  };
}
