import type { LlmCall, ToolCall } from "../model/run.ts";
import { namedLike } from "./glob.ts";
import { fail, missing, pass } from "./judged.ts";
import type { Judged } from "./judged.ts";
import { isObject } from "./pointer.ts";
import type { Subject } from "./subject.ts";
import { isBlank } from "./subject.ts";

/** One step, by the names that a pattern may mean. */
type Names = readonly (string | null | undefined)[];

/** Tools that run a command of a shell: promptfoo's, and those of coding agents. */
const shells = new Set(["exec_command", "local_shell", "shell", "bash", "execute"]);

/** The command that a call runs; null where the tool is none that runs commands. */
function commandOf({ name, args }: ToolCall): string | null {
  if (!shells.has(name.toLowerCase())) return null;
  const given = isObject(args.value) ? args.value : {};
  const command = given["cmd"] ?? given["command"] ?? given["commands"];
  if (Array.isArray(command)) return command.map(String).join(" ");
  if (typeof command === "string") return command;
  return name.toLowerCase() === "execute" ? null : "";
}

function textOf({ output }: LlmCall): string {
  return output
    .flatMap(({ parts }) => parts.flatMap((part) => (part.t === "text" ? [part.text] : [])))
    .join("\n");
}

function reasons({ usage, output }: LlmCall): boolean {
  return (
    (usage.reasoning ?? 0) > 0 ||
    output.some(({ parts }) =>
      parts.some((part) => part.t === "other" && /reason|think/i.test(part.kind)),
    )
  );
}

/**
 * The steps of each kind, as promptfoo tells them: a tool call is a `command` where the tool runs one, else a `tool`; `search` is every
 * retrieval, a tool's or one of its own; `message` a model call that says something in words, `reasoning` one that thinks; `span` every
 * span, and with a pattern every step whose role is understood.
 */
const kinds = {
  tool: ({ run }) =>
    run.toolCalls
      .filter((call) => commandOf(call) === null)
      .map(({ name, rawName }) => [name, rawName]),
  command: ({ run }) =>
    run.toolCalls.flatMap((call): Names[] => {
      const command = commandOf(call);
      return command === null ? [] : [[command, command.trim().split(/\s+/)[0], call.name]];
    }),
  search: ({ run }) =>
    run.retrievals
      .filter(({ from }) => from !== "prompt_context")
      .map(({ query, dataSource, toolCallId }) => [
        query.value,
        dataSource,
        run.toolCalls.find(({ id }) => id === toolCallId)?.name,
      ]),
  message: ({ run }) =>
    run.llmCalls
      .filter((call) => textOf(call).trim() !== "")
      .map((call) => ["message", textOf(call), call.agent]),
  reasoning: ({ run }) =>
    run.llmCalls
      .filter(reasons)
      .map(({ agent, modelAnswered }) => ["reasoning", agent, modelAnswered]),
  span: ({ digest }) => digest.steps.map(({ name, tool, agent }) => [name, tool, agent]),
} as const satisfies Record<string, (subject: Subject) => readonly Names[]>;

export function stepCount(
  subject: Subject,
  {
    type = "span",
    pattern,
    min = 0,
    max = Infinity,
  }: {
    readonly type?: keyof typeof kinds | undefined;
    readonly pattern?: string | undefined;
    readonly min?: number | undefined;
    readonly max?: number | undefined;
  },
): Judged {
  const { unseen, run } = subject;
  const steps: readonly Names[] = kinds[type](subject);
  const count =
    pattern === undefined
      ? type === "span"
        ? run.understood.of
        : steps.length
      : steps.filter((names) => names.some((name) => name && namedLike(name, pattern))).length;
  const showsCalls = type === "tool" || type === "command";
  const isProven = showsCalls && (unseen?.listsCalls === true || count > max);
  if (unseen && !isProven) return missing(unseen.why);
  if (type !== "span" && isBlank(run)) return missing("no step of the run is visible");
  const what = `${count} steps of kind ${type}${pattern === undefined ? "" : ` like ${pattern}`}`;
  return count >= min && count <= max
    ? pass(what)
    : fail(`${what}, expected ${max === Infinity ? `at least ${min}` : `${min} to ${max}`}`);
}
