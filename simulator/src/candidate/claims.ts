import { citation, documentId } from "../names.ts";
import type { AgentPlan, AgentStep } from "../plan.ts";
import {
  booked,
  clauseNumber,
  frontTools,
  handlerSystem,
  handlerTools,
  handover,
  frontSystem,
  type Decision,
} from "../workflows/claims.ts";
import { asks, call, modelOf, probability, returns, says } from "../workflows/moment.ts";
import { candidateRun, documentsAt, useTool, type Played, type Setting } from "./setting.ts";

/** A claim as its message tells it. */
interface Told {
  readonly id: string;
  readonly peril: string;
  readonly product: string;
  readonly policy: string;
  readonly amounts: readonly number[];
  readonly hard: boolean;
}

/**
 * The two agents of a claim: the front hands over, the handler searches the terms and decides. Each of their faults shows whenever the
 * claim lets it, where the traffic shows it in a share of the runs.
 */
export async function playClaims(setting: Setting): Promise<Played> {
  const { claims } = setting.names;
  const claim = toldBy(setting.question);
  const payload = handover(claim, setting.faults.has("inter_agent_misalignment"));
  const { agent, decision, retrieved } = await handlerOf(setting, claim, payload);
  const intake = { name: claims.intake, ms: 2, input: decision, output: booked(claim, decision) };
  const plan = candidateRun(setting, claims, {
    agents: [frontOf(setting, payload), agent],
    intake,
  });
  return { plan, output: decision, citations: citedBy(decision), retrieved };
}

const form = /^New claim (\S+): (.+?), (.+?), contract (\S+), ([\d ]+(?: and [\d ]+)*) EUR\./;

function toldBy(question: string): Told {
  const [, id = "", peril = "", product = "", policy = "", sums = ""] = form.exec(question) ?? [];
  if (id === "") throw new Error(`this is no claim: ${JSON.stringify(question)}`);
  const amounts = sums.split(" and ").map(Number);
  return { id, peril, product, policy, amounts, hard: amounts.length > 1 };
}

function sure({ random }: Setting): number {
  return probability(0.92, 0.04, random);
}

function frontOf(setting: Setting, payload: Readonly<Record<string, unknown>>): AgentPlan {
  const { names, question, random } = setting;
  const { claims } = names;
  const speaker = { model: modelOf(claims.model, "before"), probability: sure(setting) };
  const transfer = call(`transfer_to_${claims.handler}`, payload, random);
  const handsOver = returns(transfer, null, random, { handoffTo: claims.handler });
  return {
    name: claims.front,
    system: frontSystem(claims),
    tools: frontTools(claims),
    question,
    steps: [asks(speaker, [transfer], random), handsOver],
    dataSource: null,
    declared: { confidence: null, taskType: null },
  };
}

async function handlerOf(
  setting: Setting,
  claim: Told,
  payload: Readonly<Record<string, unknown>>,
): Promise<{ agent: AgentPlan; decision: Decision; retrieved: readonly string[] }> {
  const { names, faults, random } = setting;
  const { claims } = names;
  const misaligned = faults.has("inter_agent_misalignment");
  const beyond = claim.hard && faults.has("capability_boundary");
  const chosen = beyond ? probability(0.53, 0.07, random) : sure(setting);
  const speaker = { model: modelOf(claims.model, "before"), probability: chosen };
  const query = misaligned ? claim.peril : `${claim.product} ${claim.peril}`;
  const args = misaligned ? { query } : { query, policy_no: claim.policy };
  const steps: AgentStep[] = [];
  const found = await useTool(setting, steps, { speaker, name: claims.search, args });
  const hits = documentsAt(found, "hits").map(({ id }) => id);
  const decision = decisionOn(setting, claim, hits);
  steps.push(says(speaker, JSON.stringify(decision), random));
  const agent = {
    name: claims.handler,
    system: handlerSystem(claims, { active: faults }),
    tools: handlerTools(claims),
    question: JSON.stringify(payload),
    steps,
    dataSource: null,
    declared: {
      confidence: null,
      taskType: claim.hard ? claims.taskTypes.hard : claims.taskTypes.plain,
    },
  };
  return { agent, decision, retrieved: hits };
}

function decisionOn(
  { names, faults, random, startMs }: Setting,
  claim: Told,
  hits: readonly string[],
): Decision {
  const { claims } = names;
  const total = claim.amounts.reduce((sum, amount) => sum + amount, 0);
  const number = clauseNumber(claims, claim.product, claim.peril);
  const decided = (cited: readonly string[]): Decision => ({
    decision: cited.length === 0 ? "refer" : "pay",
    reason: `The loss is covered ${citation(claims.documents, cited)}`.trim(),
    clauses: cited,
    reserve: total,
    decide_by: `${new Date(startMs + 9 * 86_400_000).toISOString().slice(0, 19)}+00:00`,
  });
  if (faults.has("inter_agent_misalignment")) {
    return decided([documentId(claims.documents, number)]);
  }
  if (faults.has("prompt_regression")) {
    const free = decided([documentId(claims.documents, number + 3000)]);
    const reason = random.chance(0.75) ? free.reason : "The loss is covered.";
    return { ...free, reason, clauses: null };
  }
  const right = decided(hits.slice(0, 1));
  if (!claim.hard || !faults.has("capability_boundary")) return right;
  return { ...right, reserve: claim.amounts[0] ?? total };
}

/** The ids in the reason: what is cited there counts, whether or not it is listed. */
function citedBy({ clauses, reason }: Decision): readonly string[] {
  const inReason = [...reason.matchAll(/[[(]([^\])]+)[\])]/g)].map(([, id]) => id ?? "");
  return [...new Set([...(clauses ?? []), ...inReason])];
}
