import { isSameTool } from "./requests.ts";
import type { Request } from "./requests.ts";
import { ancestors, isBelow } from "./steps.ts";
import type { Step } from "./steps.ts";

/** One call's spans: framework's, MCP client's, MCP server's; or the step that stands for it. */
export interface Executed {
  readonly steps: Step[];
  readonly name: string;
  readonly callId: string | null;
}

/** The step that may stand for a request, of those that no other request has taken. */
type Candidate = (
  request: Request,
  asker: Step,
  isFree: (step: Step) => boolean,
) => Step | undefined;

/**
 * The steps that stand for requests which no tool span covers: the agent that was called as a tool, else the application's own span
 * that bears the tool's name. Each step stands for one request.
 *
 * @source conventions.md 1.10, 1.18
 */
export function standInsFor(
  steps: readonly Step[],
  requests: readonly Request[],
): ReadonlyMap<Request, Executed> {
  return new Map([
    ...standIns(requests, appSpan(steps)),
    ...standIns(requests, calledAgent(steps)),
  ]);
}

function standIns(
  requests: readonly Request[],
  candidate: Candidate,
): ReadonlyMap<Request, Executed> {
  const found = new Map<Request, Executed>();
  const taken = new Set<Step>();
  for (const request of requests) {
    const asker = request.by?.step;
    const step =
      asker === undefined ? undefined : candidate(request, asker, (one) => !taken.has(one));
    if (step === undefined) continue;
    taken.add(step);
    found.set(request, { steps: [step], name: request.name, callId: request.callId });
  }
  return found;
}

/** The agent that began below the asking one, after it asked and before it spoke again. */
function calledAgent(steps: readonly Step[]): Candidate {
  return (request, asker, isFree) => {
    const home = asker.kind === "agent" ? asker : agentAbove(asker);
    if (home === undefined || request.name === "") return undefined;
    const again = steps.find(
      (step) =>
        step.kind === "llm" &&
        step.span.startNanos >= request.nanos &&
        step !== asker &&
        agentAbove(step) === home,
    );
    return steps.find(
      (step) =>
        step.kind === "agent" &&
        isFree(step) &&
        isBelow(step, home) &&
        step.span.startNanos >= asker.span.startNanos &&
        (again === undefined || step.span.startNanos <= again.span.startNanos),
    );
  };
}

/** Of a plain client: the application's own span that ran after the request and bears the tool's name. */
function appSpan(steps: readonly Step[]): Candidate {
  const own = steps.filter((step) => step.kind === "chain" && step.convention === "app");
  return (request, asker, isFree) =>
    own.find(
      (step) =>
        isFree(step) &&
        step.children.length === 0 &&
        step.span.startNanos >= asker.span.startNanos &&
        isSameTool(step.span.name, request.name),
    );
}

function agentAbove(step: Step): Step | undefined {
  return ancestors(step).find((up) => up.kind === "agent");
}
