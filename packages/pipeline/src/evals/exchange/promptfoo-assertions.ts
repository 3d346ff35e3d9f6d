import type { Assertion } from "../../model/assertion.ts";
import type { EvalCase } from "../../model/evalcase.ts";
import { nameOf } from "../grade.ts";

/** The file beside a config that runs the agent and holds the assertions that promptfoo does not have. */
export const promptfooModule = "rootward-promptfoo.mjs";

/** The file beside it that reaches agents. */
export const promptfooAgentsModule = "rootward-promptfoo-agents.mjs";

/** One assertion in promptfoo's form. */
export interface PromptfooAssertion {
  readonly type: string;
  readonly value?: unknown;
  readonly threshold?: number;
  readonly metric: string;
  readonly config?: Readonly<Record<string, unknown>>;
}

/** What an assertion becomes: one or more of promptfoo's, and what is lost; none: promptfoo cannot ask it. */
interface Mapped {
  readonly assertions: readonly Omit<PromptfooAssertion, "metric">[];
  readonly loss: string | null;
}

/** Where files that a case names are, seen from the config. */
export interface Folders {
  /** The folder of the case file, which its relative paths start from. */
  readonly cases: string;
}

/** promptfoo renders every text as a template. A text that looks like one is kept from that. */
export function literal(text: string): string {
  return /\{\{|\{%|\{#/.test(text) ? `{% raw %}${text}{% endraw %}` : text;
}

function native(type: string, value?: unknown, loss: string | null = null): Mapped {
  return { assertions: [value === undefined ? { type } : { type, value }], loss };
}

/** What promptfoo does not have and a function of the module asks instead: its name, and how it differs from the gate. */
const scripts = {
  "output:path": ["outputPath", null],
  "citations:subset-of-retrieved": [
    "citationsSubset",
    "retrieved is what the replayed tools returned or the agent says; ids inside longer texts are not told apart",
  ],
  "citations:forbid": ["citationsForbid", null],
  "retrieval:non-empty": [
    "retrievalNonEmpty",
    "counts the items that the replayed retrievers returned",
  ],
  "behavior:signal": [
    "signalWithin",
    "reads agent.behavioral.* from spans: the agent must set them with @rootward/sdk",
  ],
  "behavior:no-fallback": [
    "noFallback",
    "the fallback tools of the case, or agent.behavioral.fallback on a span",
  ],
  "behavior:no-error": ["noError", "an error status on a root span"],
  "trajectory:no-loop": ["noLoop", "on the calls that the recordings answered"],
  "downstream:validator": ["validator", null],
} as const satisfies Partial<
  Record<Assertion["type"], readonly [name: string, loss: string | null]>
>;

function scripted(
  name: string,
  value: unknown,
  loss: string | null,
  { recognize }: EvalCase,
): Mapped {
  const config = {
    ...(value === undefined ? {} : { value }),
    ...(recognize === undefined ? {} : { recognize }),
  };
  return {
    assertions: [{ type: "javascript", value: `file://${promptfooModule}:${name}`, config }],
    loss: loss === null ? null : `a javascript assertion: ${loss}`,
  };
}

function unmapped(why: string): Mapped {
  return { assertions: [], loss: `left out: ${why}` };
}

function texts(value: string | readonly string[]): string | readonly string[] {
  if (typeof value === "string") return literal(value);
  return value.map(literal);
}

function budgeted({ value }: Extract<Assertion, { type: "budget" }>, evalCase: EvalCase): Mapped {
  const { ms, usd, tokens } = value;
  const counted =
    tokens === undefined ? [] : scripted("tokensWithin", { tokens }, null, evalCase).assertions;
  return {
    assertions: [
      ...(ms === undefined ? [] : [{ type: "latency", threshold: ms }]),
      ...(usd === undefined ? [] : [{ type: "cost", threshold: usd }]),
      ...counted,
    ],
    loss: null,
  };
}

/** What promptfoo cannot ask, and why. */
const unasked = {
  "trajectory:tool-args-supported": "it needs the reading of every step that only Rootward makes",
  "trajectory:tool-args-schema": "promptfoo compares arguments with values, not with a schema",
  module: "a module of the repository is given what only Rootward reads of a run",
  "handoff:contract": "promptfoo does not see what one agent hands to another",
} as const satisfies Partial<Record<Assertion["type"], string>>;

/** The table of what promptfoo has for each assertion. */
function mapped(assertion: Assertion, evalCase: EvalCase, folders: Folders): Mapped {
  switch (assertion.type) {
    case "trajectory:tool-used":
    case "not-trajectory:tool-used":
    case "trajectory:tool-sequence":
    case "trajectory:tool-args-match":
      return native(assertion.type, assertion.value);
    case "trajectory:step-count": {
      const { type } = assertion.value;
      const differs = "promptfoo tells kinds of steps in its own way, and counts spans of its own";
      return native(assertion.type, assertion.value, type === "tool" ? null : differs);
    }
    case "output:contains":
      return native(
        typeof assertion.value === "string" ? "contains" : "contains-all",
        texts(assertion.value),
      );
    case "output:not-contains":
      return native(
        typeof assertion.value === "string" ? "not-contains" : "not-contains-any",
        texts(assertion.value),
      );
    case "output:matches":
      return native("regex", literal(assertion.value));
    case "output:json-schema":
      return typeof assertion.value === "string"
        ? native("is-json", `file://${folders.cases}/${assertion.value}`)
        : native("is-json", assertion.value);
    case "output:path":
    case "citations:subset-of-retrieved":
    case "citations:forbid":
    case "retrieval:non-empty":
    case "behavior:signal":
    case "behavior:no-fallback":
    case "trajectory:no-loop":
      return scripted(
        scripts[assertion.type][0],
        assertion.value,
        scripts[assertion.type][1],
        evalCase,
      );
    case "behavior:no-error":
      return scripted(scripts[assertion.type][0], undefined, scripts[assertion.type][1], evalCase);
    case "downstream:validator": {
      if (assertion.value.run === undefined)
        return unmapped("a module of the repository accepts or rejects the output");
      const [name, loss] = scripts[assertion.type];
      return scripted(name, { ...assertion.value, folder: folders.cases }, loss, evalCase);
    }
    case "budget":
      return budgeted(assertion, evalCase);
    case "trajectory:tool-args-supported":
    case "trajectory:tool-args-schema":
    case "module":
    case "handoff:contract":
      return unmapped(unasked[assertion.type]);
  }
}

/** The assertions of a case in promptfoo's form, and what is lost of each, as a sentence by its name. */
export function promptfooAssertions(
  evalCase: EvalCase,
  folders: Folders,
): {
  readonly assertions: readonly PromptfooAssertion[];
  readonly losses: readonly { readonly name: string; readonly why: string }[];
} {
  const each = evalCase.assert.map((assertion) => ({
    name: nameOf(assertion),
    ...mapped(assertion, evalCase, folders),
  }));
  return {
    assertions: each.flatMap(({ name, assertions }) =>
      assertions.map((assertion) => ({ ...assertion, metric: name })),
    ),
    losses: each.flatMap(({ name, loss }) => (loss === null ? [] : [{ name, why: loss }])),
  };
}
