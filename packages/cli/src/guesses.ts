import { isMap, parseDocument, Scalar, visit } from "yaml";
import type { Document, YAMLMap } from "yaml";
import type { WorkflowConfig, WorkflowSettings } from "@rootward/pipeline/model/workflow";

/** What was learned of one workflow in one environment, and from how many runs. */
export interface Learned {
  readonly workflow: string;
  readonly environment: string;
  readonly runs: number;
  readonly settings: WorkflowSettings;
}

/** One key of a workflow's entry in `rootward.yaml`, with what the guess rests on. */
interface Guess {
  readonly key: keyof WorkflowConfig;
  readonly value: unknown;
  readonly evidence: string;
}

export interface WorkflowGuesses {
  readonly workflow: string;
  readonly runs: number;
  readonly guesses: readonly Guess[];
}

function learnedFrom(settings: WorkflowSettings, name: string): string | null {
  const origin = settings.origins[name];
  return origin?.from === "learned" ? origin.evidence : null;
}

/** The names that any environment of a workflow teaches, each once. */
function union(
  all: readonly Learned[],
  name: string,
  valuesOf: (settings: WorkflowSettings) => readonly string[],
): Omit<Guess, "key"> | null {
  const found = all.flatMap(({ settings }) => {
    const evidence = learnedFrom(settings, name);
    return evidence === null || valuesOf(settings).length === 0 ? [] : [{ settings, evidence }];
  });
  if (found.length === 0) return null;
  return {
    value: [...new Set(found.flatMap(({ settings }) => valuesOf(settings)))].toSorted(),
    evidence: found.map(({ evidence }) => evidence).join("; "),
  };
}

/** That grounding cannot apply, where no run of any environment retrieves. */
function signalsOf(all: readonly Learned[]): Omit<Guess, "key"> | null {
  const never = all.filter(({ settings }) => settings.retrieves === false);
  const evidence = never.map(({ settings }) => learnedFrom(settings, "retrieves") ?? "");
  return never.length === all.length && evidence.every((text) => text !== "")
    ? { value: { grounded: "off" }, evidence: evidence.join("; ") }
    : null;
}

function guessesOf(all: readonly Learned[]): readonly Guess[] {
  const cited = all.find(
    ({ settings }) => settings.citation !== null && learnedFrom(settings, "citation") !== null,
  );
  const pattern = cited?.settings.citation?.pattern ?? null;
  const found: readonly (readonly [Guess["key"], Omit<Guess, "key"> | null])[] = [
    ["retrievers", union(all, "retrievers", (settings) => settings.retrievers)],
    [
      "citation",
      cited === undefined || pattern === null
        ? null
        : { value: { pattern }, evidence: learnedFrom(cited.settings, "citation") ?? "" },
    ],
    ["fallback_tools", union(all, "fallback_tools", (settings) => settings.fallbackTools)],
    ["escalations", union(all, "escalations", (settings) => settings.escalations)],
    ["default_answers", union(all, "default_answers", (settings) => settings.defaultAnswers)],
    ["signals", signalsOf(all)],
  ];
  return found.flatMap(([key, guess]) => (guess === null ? [] : [{ key, ...guess }]));
}

/** The guesses about each workflow, in order of name; its environments, which share one entry, taken together. */
export function guessesFor(learned: readonly Learned[]): readonly WorkflowGuesses[] {
  const names = [...new Set(learned.map(({ workflow }) => workflow))].toSorted();
  return names.map((workflow) => {
    const own = learned
      .filter((one) => one.workflow === workflow)
      .toSorted((a, b) => b.runs - a.runs);
    return {
      workflow,
      runs: own.reduce((sum, one) => sum + one.runs, 0),
      guesses: guessesOf(own),
    };
  });
}

/** A configuration with guesses added, and how many keys they are. */
export interface Merged {
  readonly text: string;
  readonly added: number;
  /** Keys that stand in the file with another value and were left as they are, `workflow.key`. */
  readonly kept: readonly string[];
}

/**
 * Adds guesses to the text of a `rootward.yaml`, each with its evidence as a comment. What stands there stays, comments too: a
 * person's word is never changed.
 *
 * @param text  the file as it is; "" for none. It must be valid.
 */
export function withGuesses(text: string, all: readonly WorkflowGuesses[]): Merged {
  const document = parseDocument(text);
  const isNew = !isMap(document.contents);
  if (isNew) document.set("schema", "rootward/v1");
  const kept: string[] = [];
  let added = 0;
  for (const { workflow, runs, guesses } of all) {
    const entry = entryFor(document, workflow, runs);
    for (const guess of guesses) {
      if (!entry.has(guess.key)) {
        add(document, entry, guess);
        added += 1;
      } else if (!holds(document, entry, guess)) kept.push(`${workflow}.${guess.key}`);
    }
  }
  return { text: document.toString({ lineWidth: 120 }), added, kept };
}

/** The entry of a workflow; a new one says from how many runs it was learned. */
function entryFor(document: Document, workflow: string, runs: number): YAMLMap {
  if (!isMap(document.get("workflows"))) document.set("workflows", document.createNode({}));
  const workflows = document.get("workflows");
  if (!isMap(workflows)) throw new Error("workflows is no map after it was made one");
  workflows.flow = false;
  const known = workflows.get(workflow, true);
  if (isMap(known)) return known;
  const key = new Scalar(workflow);
  key.commentBefore = ` learned from ${runs} runs`;
  const entry = document.createNode({});
  entry.flow = false;
  workflows.set(key, entry);
  return entry;
}

/** Whether the entry says what the guess says. */
function holds(document: Document, entry: YAMLMap, { key, value }: Guess): boolean {
  const own: unknown = document.createNode(entry.get(key)).toJS(document);
  return JSON.stringify(own) === JSON.stringify(value);
}

/** Words that other readers of YAML take for true and false, and expressions, stand in quotes. */
const quoted = /^(?:on|off|yes|no|true|false|null)$|[\\()[\]{}*§|]/i;

function add(document: Document, entry: YAMLMap, { key, value, evidence }: Guess): void {
  const node = document.createNode(value, { flow: true });
  visit(node, {
    Scalar: (at, scalar) => {
      if (at !== "key" && typeof scalar.value === "string" && quoted.test(scalar.value))
        scalar.type = Scalar.QUOTE_SINGLE;
    },
  });
  const name = new Scalar(key);
  // A comment is one line, whatever a trace says.
  name.commentBefore = ` ${evidence.replaceAll(/\s+/g, " ").slice(0, 220)}`;
  entry.set(name, node);
  entry.flow = false;
}
