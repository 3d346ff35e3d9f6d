import type { RootwardConfig } from "../model/workflow.ts";
import type { Run } from "../model/run.ts";
import { find, findText } from "./fields.ts";
import type { Field } from "./fields.ts";
import type { Group } from "./group.ts";
import { agentNameOf } from "./steps.ts";
import type { Step } from "./steps.ts";
import { plainOf, textOf } from "./value.ts";

type Mapping = NonNullable<RootwardConfig["map"]>;
type Mapped = Mapping[number]["field"];

function mapped(group: Group, map: Mapping, field: Mapped): string | null {
  for (const rule of map) {
    if (rule.field !== field) continue;
    for (const step of group.steps) {
      const text =
        textOf(plainOf(step.span.attributes.get(rule.attribute))) ??
        textOf(plainOf(step.span.resource.attributes.get(rule.attribute)));
      if (text !== null) return text;
    }
  }
  return null;
}

/** A field as the first step that holds it tells it; null where none does. */
export function first(steps: readonly Step[], field: Field): string | null {
  for (const step of steps) {
    const text = findText(step.span, field);
    if (text !== null) return text;
  }
  return null;
}

/** Names that frameworks give every root. */
const generic =
  /^(LangGraph|RunnableSequence|RunnableLambda|invocation|agent run|Agent Workflow|Pipeline\.run|haystack\.pipeline\.run|crewai\.workflow|crew|main|run|chat|workflow|agent|invoke_workflow|invoke_agent|OpenAI Agents trace.*|.*Chat(Completion|OpenAI).*|chat .*|openai\.chat|ai\.\w+|POST.*|GET.*)$/i;

function cleaned(name: string): string {
  return name
    .replace(/^(invoke_workflow|invoke_agent|OpenAI Agents trace:|invocation) /, "")
    .replace(/\.(workflow|kickoff|run|agent|team)$/, "");
}

function workflowOf(group: Group): string {
  const { root, steps } = group;
  const service = first(steps, "service");
  if (root === null) return first(steps, "workflow") ?? service ?? "unknown";
  const own = root.kind === "llm" ? null : findText(root.span, "workflow");
  if (own !== null && !(root.kind === "tool")) return own;
  if (root.kind === "workflow" && !generic.test(root.span.name)) return cleaned(root.span.name);
  const elsewhere = steps
    .filter((step) => step.convention !== "genkit")
    .map((step) => findText(step.span, "workflow"))
    .find((name) => name !== null);
  if (elsewhere !== undefined && elsewhere !== null) return elsewhere;
  const agent = root.kind === "agent" ? agentNameOf(root) : null;
  if (agent !== null) return agent;
  const actor = steps.map(agentNameOf).find((name) => name !== null);
  if (actor !== undefined && actor !== null) return actor;
  if (root.kind === "chain" && !generic.test(root.span.name)) return cleaned(root.span.name);
  return service !== null && !service.startsWith("unknown_service")
    ? service
    : cleaned(root.span.name);
}

/** An id that frameworks make up: the response before, or a new one within the run. Source: conventions.md trap 2. */
function sessionOf(group: Group): string | null {
  const responses = new Set(
    group.steps.map((step) => textOf(step.span.attributes.get("gen_ai.response.id"))),
  );
  const ids = new Set(
    group.steps.map((step) => findText(step.span, "session")).filter((id) => id !== null),
  );
  const [id] = ids;
  return id === undefined || ids.size > 2 || responses.has(id) ? null : id;
}

/** Who ran: workflow, environment, session, user, deployment; what the configuration maps comes first. Source: conventions.md 1.2 to 1.4, 1.20. */
export function identityOf(
  group: Group,
  map: Mapping,
): Pick<Run, "workflow" | "environment" | "session" | "user" | "taskType" | "deployment"> {
  const { steps } = group;
  return {
    workflow: mapped(group, map, "workflow") ?? workflowOf(group),
    environment: mapped(group, map, "environment") ?? first(steps, "environment") ?? "default",
    session: mapped(group, map, "session") ?? sessionOf(group),
    user: mapped(group, map, "user") ?? first(steps, "user"),
    taskType: mapped(group, map, "task_type") ?? first(steps, "taskType"),
    deployment: {
      service: first(steps, "service") ?? "unknown",
      version: versionOf(steps),
      commit: first(steps, "commit"),
    },
  };
}

/** Some frameworks write their own version as the service's. */
function versionOf(steps: readonly Step[]): string | null {
  const own = steps.find(
    (step) => step.convention === "mastra" || step.convention === "claude-code",
  );
  if (
    own !== undefined &&
    find(own.span, "serviceVersion")?.source.path === "resource:service.version"
  )
    return null;
  return first(steps, "serviceVersion");
}
