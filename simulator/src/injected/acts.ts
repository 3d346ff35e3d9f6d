import { call, asks, returns, says } from "../workflows/moment.ts";
import type { FaultType } from "./kinds.ts";
import {
  add,
  argumentsOf,
  blame,
  callStage,
  failStage,
  ordinary,
  resultOf,
  speakerOf,
  supersededOf,
  textIn,
  useBackup,
  type Draft,
  type Scene,
} from "./script.ts";
import type { Stage } from "./world.ts";

/** How a stage goes when a fault sits at it. */
type Act = (scene: Scene, draft: Draft, stage: Stage) => void;

const tooMany = { type: "RateLimitError", message: "429 Too Many Requests, retry later" };
const down = { type: "UpstreamError", message: "503 Service Unavailable" };

/** The tool answers, and `change` is what it does to its answer. */
function answers(
  change: (result: Record<string, unknown>, field: string) => Record<string, unknown>,
): Act {
  return (scene, draft, stage) => {
    const field = scene.injection?.field ?? "";
    const args = argumentsOf(scene, draft, stage);
    const result = change(resultOf(scene, draft, stage, args), field);
    const { answered } = callStage(scene, draft, stage, { args, result });
    blame(draft, answered);
  };
}

/** One field's value in another form. */
function field(change: (value: unknown) => unknown): Act {
  return answers((result, name) => ({ ...result, [name]: change(result[name]) }));
}

function without(result: Record<string, unknown>, name: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(result).filter(([key]) => key !== name));
}

/** `2026-12-31` as `31/12/2026`. */
function dayFirst(value: unknown): string {
  return String(value).split("-").toReversed().join("/");
}

/** What the model says when it stops working. */
const excuses = {
  promise: "I have started on this and will come back to you with the result.",
  tired: "I could not finish this after several attempts.",
} as const;

const acts: Partial<Record<FaultType, Act>> = {
  field_renamed: answers((result, name) => ({
    ...without(result, name),
    [`${name}_v2`]: result[name],
  })),
  unit_changed: field((value) => Math.round(Number(value) * 100)),
  date_format: field(dayFirst),
  locale_numbers: field((value) => Number(value).toFixed(2).replace(".", ",")),
  null_value: field(() => null),
  empty_answer: answers(() => ({})),
  partial_list: answers((result) => ({
    entries: Array.isArray(result["entries"]) ? result["entries"].slice(0, 1) : [],
    next: "page-2",
  })),
  index_empty: (scene, draft, stage) =>
    blame(draft, callStage(scene, draft, stage, { documents: [] }).answered),
  stale_documents: (scene, draft, stage) =>
    blame(draft, callStage(scene, draft, stage, { documents: supersededOf(scene) }).answered),
  rate_limited: (scene, draft, stage) =>
    blame(draft, useBackup(scene, draft, stage, tooMany).answered),
  outage: (scene, draft, stage) => {
    const { answered } = failStage(scene, draft, stage, down);
    blame(draft, answered);
    failStage(scene, draft, stage, down);
  },
  argument_dialect: (scene, draft, stage) => {
    const name = scene.injection?.field ?? "";
    const args = argumentsOf(scene, draft, stage);
    const id = textIn(args, name).replace(/^[A-Z]+/, "");
    const bare = { ...args, [name]: id };
    const result = { error: `no record with the ${name} ${id}` };
    const { asked, answered } = callStage(scene, draft, stage, { args: bare, result, lower: 0.08 });
    blame(draft, asked, answered);
  },
  duplicated_write: (scene, draft, stage) => {
    const args = argumentsOf(scene, draft, stage);
    callStage(scene, draft, stage, { args });
    const { asked, answered } = callStage(scene, draft, stage, { args });
    blame(draft, asked, answered);
    draft.breaches.push("written twice");
  },
  wrong_tool: (scene, draft) => {
    const { world, facts, random } = scene;
    const made = call(world.stray, { query: facts.subject }, random);
    const asked = asks(speakerOf(scene), [made], random);
    const answered = returns(made, { matches: [{ file: `F${random.int(10, 99)}` }] }, random);
    add(draft, [asked, answered]);
    blame(draft, asked, answered);
  },
  loop: (scene, draft, stage) => {
    callStage(scene, draft, stage);
    const times = scene.random.int(4, 6);
    for (let turn = 0; turn < times; turn += 1) {
      const { asked, answered } = callStage(scene, draft, stage, { lower: 0.1 });
      if (turn === 0) blame(draft, asked, answered);
    }
    giveUp(scene, draft, excuses.tired);
  },
  premature_end: (scene, draft) => {
    const said = giveUp(scene, draft, excuses.promise);
    blame(draft, said);
  },
};

/** The agent says something in place of its work, and the run ends there. */
function giveUp(scene: Scene, draft: Draft, text: string): ReturnType<typeof says> {
  const said = says(speakerOf(scene), text, scene.random);
  add(draft, [said]);
  draft.gaveUp = text;
  return said;
}

/** Runs a stage: as the fault has it where it sits here, which may be not at all; else as it should. */
export function runStage(scene: Scene, draft: Draft, stage: Stage, isHere: boolean): void {
  const act = isHere && scene.injection ? acts[scene.injection.type] : undefined;
  if (act) act(scene, draft, stage);
  else if (isHere) draft.skipped = true;
  else ordinary(scene, draft, stage);
}
