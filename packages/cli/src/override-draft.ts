import { Override } from "@rootward/pipeline/model/override";
import { OperatorError } from "./output.ts";

/** An override that is being written: what is known already, by its key in the file. */
export type Draft = Readonly<Record<string, unknown>>;

/** Asks a person one question; the answer is trimmed, "" where nothing was said. */
export type Ask = (question: string) => Promise<string>;

interface Field {
  readonly flag: string;
  /** What is accepted, for a flag that is missing. */
  readonly accepted: string;
  /** null: it is never asked for. */
  readonly question: string | null;
  readonly read: (answer: string) => unknown;
}

const same = (answer: string): unknown => answer;
const names = (answer: string): unknown => answer.split(/[\s,]+/).filter(Boolean);

/** What a person gives, in the order in which it is asked for. */
const fields = {
  covers: {
    flag: "--covers",
    accepted: "names of failing assertions",
    question: "Which assertions fail, separated by blanks",
    read: (answer) => ({ assertions: names(answer) }),
  },
  kind: {
    flag: "--kind",
    accepted: "accept_failure, quarantine or expected_fail",
    question: null,
    read: same,
  },
  reason: {
    flag: "--reason",
    accepted: "a text of at least 40 characters",
    question: "Why may it ship (at least 40 characters)",
    read: same,
  },
  risk: {
    flag: "--risk",
    accepted: "a text of at least 20 characters",
    question: "What may go wrong meanwhile (at least 20 characters)",
    read: same,
  },
  incident: {
    flag: "--incident",
    accepted: "the id of an incident or issue",
    question: "Incident (an id)",
    read: same,
  },
  follow_up: {
    flag: "--follow-up",
    accepted: "a URL",
    question: "Where is the repair planned (a URL)",
    read: same,
  },
  requested_by: {
    flag: "--requested-by",
    accepted: "a name such as @jo",
    question: "Who asks for it (@name)",
    read: same,
  },
  approved_by: {
    flag: "--approved-by",
    accepted: "a name such as @mira, another one",
    question: "Who approves it, another person (@names, separated by blanks)",
    read: names,
  },
  expires: {
    flag: "--expires",
    accepted: "a day, YYYY-MM-DD",
    question: "On which day does it expire (YYYY-MM-DD; that day it no longer counts)",
    read: same,
  },
} as const satisfies Readonly<Record<string, Field>>;

type Key = keyof typeof fields;
const order = Object.keys(fields);

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

function keyOf({ path }: Issue): string {
  return String(path[0] ?? "");
}

function isField(key: string): key is Key {
  return Object.hasOwn(fields, key);
}

function words(issue: Issue): string {
  const key = keyOf(issue);
  const isMissing = issue.message.includes("received undefined");
  return isMissing && isField(key) ? `is missing: expected ${fields[key].accepted}` : issue.message;
}

function unknownAssertion({ covers }: Draft, assertions: readonly string[]): readonly Issue[] {
  const named = Override.shape.covers.safeParse(covers);
  const unknown = named.data?.assertions.find((name) => !assertions.includes(name));
  return unknown === undefined
    ? []
    : [{ path: ["covers"], message: `${unknown}: the case has ${assertions.join(", ")}` }];
}

/** What is wrong with a draft, by flags, in one line. */
function refusal(issues: readonly Issue[]): string {
  return issues
    .map((issue) => {
      const key = keyOf(issue);
      return `${isField(key) ? fields[key].flag : key} ${words(issue)}`;
    })
    .join("; ");
}

/**
 * Makes an override of a draft. What is missing or refused is asked for, one question after another, until the rules of the file hold.
 *
 * @param ask  null where nobody is there to be asked
 * @param tell  shows what was refused before it is asked for again
 * @param assertions  what may be covered
 * @throws OperatorError  exit code 2: something is wrong that nobody can be asked for
 */
export async function completed(
  draft: Draft,
  ask: Ask | null,
  tell: (text: string) => void,
  assertions: readonly string[],
): Promise<Override> {
  let known = draft;
  for (;;) {
    const parsed = Override.safeParse(known);
    const issues: readonly Issue[] = [
      ...(parsed.error?.issues ?? []),
      ...unknownAssertion(known, assertions),
    ];
    if (parsed.success && issues.length === 0) return parsed.data;
    const [issue] = [...issues].sort((a, b) => order.indexOf(keyOf(a)) - order.indexOf(keyOf(b)));
    const key = issue === undefined ? "" : keyOf(issue);
    if (ask === null || issue === undefined || !isField(key) || fields[key].question === null) {
      throw new OperatorError(refusal(issues), 2);
    }
    if (known[key] !== undefined) tell(`${fields[key].flag} ${words(issue)}`);
    const hint = key === "covers" ? `: ${assertions.join(", ")}` : "";
    const answer = await ask(`${fields[key].question}${hint}`);
    known = { ...known, [key]: fields[key].read(answer) };
  }
}
