import { jaccard } from "../rank/similarity.ts";
import type { Attribution, Material } from "../model/attribution.ts";
import type { MaterialKind } from "../model/causes.ts";
import type { Change } from "../model/change.ts";
import { policy } from "../model/policy.ts";
import { dayMs } from "../model/time.ts";
import { shapeKey } from "./cleanwindow.ts";
import type { Versioned } from "./evidence.ts";
import { commonest } from "./examples.ts";
import { kindsOf } from "./facts.ts";
import type { Facts, Member } from "./facts.ts";
import { compareText, groupBy } from "./flows.ts";
import { shapes, texts } from "./material-versions.ts";
import { componentOf, isCall, retrieves } from "./view.ts";

/** What a person needs for the first diagnostic step of a cause. Texts of versions are joined in `withTexts`. Source: diagnosis.md decision 8. */
export function materialOf(
  kind: MaterialKind,
  facts: Facts,
  change: Change | null,
): readonly Material[] {
  switch (kind) {
    case "queries":
      return [queries(facts)];
    case "texts":
      return texts(facts, change);
    case "shapes":
      return [shapes(facts)];
    case "models":
      return [modelsByDay(facts)];
    case "tasks":
      return [byTaskType(facts)];
    case "border":
      return [border(facts)];
    case "steps":
      return [firstBroken(facts)];
  }
}

function day(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

function found(documents: {
  readonly ids: readonly string[];
  readonly topScore: number | null;
}): string {
  const score = documents.topScore === null ? "" : ` (best ${documents.topScore.toFixed(2)})`;
  return documents.ids.length > 0 ? `${documents.ids.slice(0, 5).join(", ")}${score}` : "nothing";
}

/** Words of a query, to find the clean query most like it. */
function wordsOf(query: string): ReadonlySet<string> {
  return new Set(query.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu));
}

/** Representative queries with what the most similar clean query returned, and what they return now. */
function queries(facts: Facts): Material {
  const before = facts.cleanRuns.flatMap(({ run }) =>
    run.steps.flatMap((step) =>
      step.query !== null && step.documents && step.documents.count > 0
        ? [{ words: wordsOf(step.query), documents: step.documents, query: step.query }]
        : [],
    ),
  );
  const now = new Map<string, NonNullable<Versioned["run"]["steps"][number]["documents"]>>();
  for (const { view, primary } of facts.members) {
    const step = primary && view.bySeq.get(primary.seq);
    if (step?.query && step.documents && !now.has(step.query)) now.set(step.query, step.documents);
  }
  const rows = [...now].slice(0, policy("queriesShown")).map(([query, documents]) => {
    const words = wordsOf(query);
    const like = before
      .map((one) => ({ ...one, likeness: jaccard(words, one.words) }))
      .reduce<{ likeness: number; query: string; text: string } | null>(
        (best, one) =>
          one.likeness > (best?.likeness ?? 0)
            ? { likeness: one.likeness, query: one.query, text: found(one.documents) }
            : best,
        null,
      );
    return [
      query,
      like ? `${like.text} for "${like.query}"` : "no clean query is like it",
      found(documents),
    ];
  });
  return {
    title: "Queries: what they returned before, and now",
    before: null,
    after: null,
    rows: [["query", "before", "now"], ...rows],
  };
}

/** Models, builds and confidence by day, around the onset. */
function modelsByDay(facts: Facts): Material {
  const around = facts.onset?.atMs ?? facts.members[0]?.entry.run.startedMs ?? 0;
  const reach = policy("materialDays") * dayMs;
  const near = [...facts.cleanRuns, ...facts.since].filter(
    ({ run }) => Math.abs(run.startedMs - around) <= reach,
  );
  const days = groupBy(near, ({ run }) => String(Math.floor(run.startedMs / dayMs)));
  const rows = [...days]
    .toSorted(([a], [b]) => Number(a) - Number(b))
    .map(([index, runs]) => [
      day(Number(index) * dayMs),
      String(runs.length),
      models(runs, "model_requested:"),
      models(runs, "model_answered:"),
      models(runs, "model_build:"),
      confidence(runs),
    ]);
  return {
    title: "Models and confidence by day",
    before: null,
    after: null,
    rows: [["day", "runs", "asked for", "answered", "build", "confidence"], ...rows],
  };
}

function models(runs: readonly Versioned[], prefix: string): string {
  const values = new Set<string>();
  for (const { versions } of runs) {
    for (const [field, value] of versions) if (field.startsWith(prefix)) values.add(value);
  }
  return values.size > 0 ? [...values].toSorted(compareText).join(", ") : "not recorded";
}

function confidence(runs: readonly Versioned[]): string {
  const values = runs.flatMap(({ run: { signals } }) =>
    signals.confidence.kind === "measured" ? [signals.confidence.value] : [],
  );
  if (values.length === 0) return "not read";
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return `${mean.toFixed(2)} (n=${values.length})`;
}

/** Confidence and members by declared task type; where none is declared, by the word of the input in which the members stand. */
function byTaskType(facts: Facts): Material {
  const ids = new Set(facts.members.map(({ entry }) => entry.run.id));
  const rows = [...kindsSince(facts)].map(([type, runs]) => [
    type,
    `${runs.filter(({ run }) => ids.has(run.id)).length} of ${runs.length}`,
    confidence(runs),
    runs.find(({ run }) => ids.has(run.id))?.run.inputText?.slice(0, 80) ?? "",
  ]);
  return {
    title: "Since the onset, by kind of task",
    before: null,
    after: null,
    rows: [["task", "members", "confidence", "example"], ...rows],
  };
}

function kindsSince({ since, taskType }: Facts): ReadonlyMap<string, readonly Versioned[]> {
  const declared = groupBy(since, ({ run }) => run.taskType ?? "none given");
  if (declared.size > 1 || taskType === null) {
    return new Map([...declared].toSorted(([a], [b]) => compareText(a, b)));
  }
  return groupBy(since, (entry) => (kindsOf(entry).has(taskType.name) ? taskType.name : "others"));
}

/** What a receiver used to be handed and what it is handed now, with runs of each and what is missing in them. */
function border(facts: Facts): Material {
  const component = facts.signature.component;
  const key = `handoff:${component}`;
  const now = new Map<string, number>();
  for (const { view } of facts.members) {
    for (const step of view.steps) {
      if (step.argsShape === null || shapeKey.handoff(step) !== key) continue;
      now.set(step.argsShape, (now.get(step.argsShape) ?? 0) + 1);
    }
  }
  const clean = facts.cleanRuns.findLast(({ run }) =>
    run.steps.some((step) => step.kind === "handoff" && shapeKey.handoff(step) === key),
  );
  const members = facts.members.slice(0, policy("queriesShown"));
  return {
    title: `What is handed over: ${component}`,
    before: commonest(facts.clean?.window.shapes.get(key) ?? new Map()),
    after: commonest(now),
    rows: [
      ["", "run", "seen"],
      ["before", clean?.run.id ?? "none", "as usual"],
      ...members.map(({ entry, primary }) => ["now", entry.run.id, primary?.seen ?? ""]),
    ],
  };
}

/** The first broken step of some members, for reading. */
function firstBroken(facts: Facts): Material {
  const rows = facts.members
    .slice(0, policy("queriesShown"))
    .map((member) => [
      member.entry.run.id,
      stepName(member),
      member.primary?.seen ?? "nothing deviates from clean runs",
    ]);
  return {
    title: "First broken steps",
    before: null,
    after: null,
    rows: [["run", "step", "seen"], ...rows],
  };
}

function stepName({ view, primary }: Member): string {
  const step = primary && view.bySeq.get(primary.seq);
  if (!step) return "none";
  return isCall(step) || retrieves(step) ? componentOf(step) : (step.agent ?? step.name);
}

/** Material with hashes replaced by the texts behind them, where they are at hand. */
function withTexts(
  material: readonly Material[],
  texts: ReadonlyMap<string, string>,
): readonly Material[] {
  const textOf = (value: string | null): string | null =>
    value === null ? null : (texts.get(value) ?? value);
  return material.map((one) => ({
    ...one,
    before: textOf(one.before),
    after: textOf(one.after),
  }));
}

/** An attribution whose material shows texts in place of their hashes. */
export function readable(
  attribution: Attribution,
  texts: ReadonlyMap<string, string>,
): Attribution {
  return {
    ...attribution,
    causes: attribution.causes.map((cause) => ({
      ...cause,
      material: withTexts(cause.material, texts),
    })),
  };
}
