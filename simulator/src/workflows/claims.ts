import { citation, documentId, type ClaimsNames } from "../names.ts";
import {
  toolSpec,
  type AgentPlan,
  type AgentStep,
  type DocumentPlan,
  type RunPlan,
  type ToolSpec,
} from "../plan.ts";
import type { Random } from "../random.ts";
import {
  asks,
  call,
  modelOf,
  probability,
  returns,
  says,
  timesOut,
  type Moment,
} from "./moment.ts";

/** The facts of one claim, before anybody worked on it. */
interface Claim {
  readonly id: string;
  readonly policy: string;
  readonly product: string;
  readonly peril: string;
  readonly amounts: readonly number[];
  /** The clauses that decide it. */
  readonly clauses: readonly DocumentPlan[];
  readonly hard: boolean;
}

/** What the handler answers. */
export interface Decision {
  readonly decision: "pay" | "refer";
  readonly reason: string;
  readonly clauses: readonly string[] | null;
  readonly reserve: number | null;
  readonly decide_by: string | null;
}

/** One run of two agents: the front takes the claim and hands over, the handler searches the terms and decides, the ledger books. */
export function claimsRun(names: ClaimsNames, moment: Moment, releasedMs: number): RunPlan {
  const { random } = moment;
  const claim = claimOf(names, moment);
  const misaligned = moment.active.has("inter_agent_misalignment") && random.chance(0.5);
  const payload = handover(claim, misaligned);
  const question = `New claim ${claim.id}: ${claim.peril}, ${claim.product}, contract ${claim.policy}, ${claim.amounts.join(" and ")} EUR.`;
  const hits = misaligned ? strayClauses(names, claim, random) : claim.clauses;
  const { decision, touchedBy } = decide(names, claim, hits, { moment, misaligned });
  const handler = handlerAgent(names, { claim, payload, hits, decision, moment, misaligned });
  return {
    traceId: moment.traceId,
    workflow: names.workflow,
    service: names.service,
    version: moment.startMs < releasedMs ? "2.13.4" : "2.14.0",
    environment: "production",
    session: `c-${random.hex(5)}`,
    user: `u-${random.int(500, 900)}`,
    startMs: moment.startMs,
    question,
    agents: [frontAgent(names, claim, payload, question, moment), handler],
    intake: {
      name: names.intake,
      ms: 3 + random.next() * 12,
      input: decision,
      output: booked(claim, decision),
    },
    touchedBy,
  };
}

function claimOf(names: ClaimsNames, moment: Moment): Claim {
  const { random } = moment;
  const product = random.pick(names.products);
  const peril = random.pick(names.perils);
  // A new partner sends claims of many items; before, such a claim was a rarity.
  const hard = random.chance(moment.active.has("capability_boundary") ? 0.26 : 0.015);
  const number = clauseNumber(names, product, peril);
  return {
    id: `${names.claimPrefix}-${random.int(100_000, 999_999)}`,
    policy: `${names.claimPrefix.slice(0, 1)}${random.int(1_000_000, 9_999_999)}`,
    product,
    peril,
    amounts: hard
      ? [random.int(150, 4000), random.int(90, 2500), random.int(60, 900)]
      : [random.int(120, 6000)],
    clauses: [number, number + 40].map((at, index) =>
      clause(names, at, 0.86 - index * 0.2, random),
    ),
    hard,
  };
}

/** The number of the clause that decides a claim. */
export function clauseNumber(names: ClaimsNames, product: string, peril: string): number {
  return 100 + names.products.indexOf(product) * 200 + names.perils.indexOf(peril) * 5;
}

function clause(names: ClaimsNames, number: number, score: number, random: Random): DocumentPlan {
  const id = documentId(names.documents, number);
  return {
    id,
    score: Number(random.normal(score, 0.03).toFixed(3)),
    text: `Clause ${id}: covered up to ${(number % 90) * 100 + 500} EUR unless gross neglect is shown.`,
  };
}

/** What the handler's search returns when it cannot say which product it is for: clauses of other products. */
function strayClauses(names: ClaimsNames, claim: Claim, random: Random): readonly DocumentPlan[] {
  const others = names.products.filter((product) => product !== claim.product);
  return [others[0], others[1]].flatMap((product) =>
    product === undefined
      ? []
      : [clause(names, clauseNumber(names, product, claim.peril), 0.62, random)],
  );
}

/** What the front hands over; misaligned, without what the search needs. */
export function handover(
  claim: Pick<Claim, "id" | "peril" | "amounts" | "policy" | "product">,
  misaligned: boolean,
): Readonly<Record<string, unknown>> {
  const common = { claim_id: claim.id, peril: claim.peril, amounts: claim.amounts };
  return misaligned ? common : { ...common, policy_no: claim.policy, product: claim.product };
}

function frontAgent(
  names: ClaimsNames,
  claim: Claim,
  payload: Readonly<Record<string, unknown>>,
  question: string,
  moment: Moment,
): AgentPlan {
  const { random } = moment;
  const speaker = { model: modelOf(names.model, "before"), probability: sure(random) };
  const transfer = call(`transfer_to_${names.handler}`, payload, random);
  const steps: AgentStep[] = [];
  if (random.chance(0.3)) {
    const read = call(names.record, { claim_id: claim.id }, random);
    const record = {
      claim_id: claim.id,
      policy_no: claim.policy,
      product: claim.product,
      status: "open",
    };
    steps.push(asks(speaker, [read], random), returns(read, record, random));
  }
  steps.push(
    asks(speaker, [transfer], random),
    returns(transfer, null, random, { handoffTo: names.handler }),
  );
  return {
    name: names.front,
    system: frontSystem(names),
    tools: frontTools(names),
    question,
    steps,
    dataSource: null,
    declared: { confidence: null, taskType: null },
  };
}

/** How the front is told to work. */
export function frontSystem({ handler }: ClaimsNames): string {
  return `You take new claims. Read the file if something is missing, then hand over to ${handler} with everything that the decision needs.`;
}

export function frontTools({ record, handler }: ClaimsNames): ToolSpec[] {
  return [
    toolSpec(record, "Reads the file of a claim", ["claim_id"]),
    toolSpec(`transfer_to_${handler}`, `Hands the claim over to ${handler}`, ["claim_id"]),
  ];
}

export function handlerTools({ search }: ClaimsNames): ToolSpec[] {
  return [toolSpec(search, "Searches the terms of a contract", ["query", "policy_no"])];
}

interface HandlerWork {
  readonly claim: Claim;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly hits: readonly DocumentPlan[];
  readonly decision: Decision;
  readonly moment: Moment;
  readonly misaligned: boolean;
}

function handlerAgent(names: ClaimsNames, work: HandlerWork): AgentPlan {
  const { claim, payload, hits, decision, moment, misaligned } = work;
  const { random } = moment;
  const chosen = beyond(claim, moment) ? probability(0.53, 0.07, random) : sure(random);
  const speaker = { model: modelOf(names.model, "before"), probability: chosen };
  const query = misaligned ? claim.peril : `${claim.product} ${claim.peril}`;
  const args = misaligned ? { query } : { query, policy_no: claim.policy };
  const steps: AgentStep[] = [];
  if (random.chance(0.03)) {
    const failing = call(names.search, args, random);
    steps.push(asks(speaker, [failing], random), timesOut(failing, random));
  }
  const search = call(names.search, args, random);
  const result = { hits: hits.map(({ id, score, text }) => ({ id, score, text })) };
  steps.push(asks(speaker, [search], random), returns(search, result, random));
  steps.push(says(speaker, JSON.stringify(decision), random));
  return {
    name: names.handler,
    system: handlerSystem(names, moment),
    tools: handlerTools(names),
    question: JSON.stringify(payload),
    steps,
    dataSource: null,
    declared: {
      confidence: null,
      taskType: claim.hard ? names.taskTypes.hard : names.taskTypes.plain,
    },
  };
}

/** How the handler is told to work; a prompt regression takes its rules on citing away. */
export function handlerSystem(names: ClaimsNames, moment: Pick<Moment, "active">): string {
  const example = citation(names.documents, [documentId(names.documents, 42)]);
  const rules = [
    "You decide claims by the terms of the contract.",
    "Answer with one JSON object: decision, reason, clauses, reserve, decide_by.",
    "The reserve is the sum of all items, decide_by an instant with its offset.",
  ];
  const citing = [
    `Cite only clauses that ${names.search} returned, by id like ${example}, and list them in clauses.`,
    "If none fits, refer the claim to a person.",
  ];
  const tone = ["Be brief and friendly."];
  return [...rules, ...(moment.active.has("prompt_regression") ? tone : citing)].join("\n");
}

function beyond(claim: Claim, moment: Moment): boolean {
  return claim.hard && moment.active.has("capability_boundary");
}

function sure(random: Random): number {
  return probability(0.92, 0.04, random);
}

function decide(
  names: ClaimsNames,
  claim: Claim,
  hits: readonly DocumentPlan[],
  how: { readonly moment: Moment; readonly misaligned: boolean },
): { readonly decision: Decision; readonly touchedBy: RunPlan["touchedBy"] } {
  const { moment, misaligned } = how;
  const { random } = moment;
  const total = claim.amounts.reduce((sum, amount) => sum + amount, 0);
  const decideBy = `${new Date(moment.startMs + 9 * 86_400_000).toISOString().slice(0, 19)}+00:00`;
  const right = hits[0] ? [hits[0].id] : [];
  const remembered = documentId(
    names.documents,
    clauseNumber(names, claim.product, claim.peril) + (misaligned ? 0 : 3000),
  );
  const decision = (cited: readonly string[]): Decision => ({
    decision: cited.length === 0 ? "refer" : "pay",
    reason: `The loss is covered ${citation(names.documents, cited)}`.trim(),
    clauses: cited,
    reserve: total,
    decide_by: decideBy,
  });
  if (misaligned) {
    const cited = random.chance(0.85) ? [remembered] : right;
    return { decision: decision(cited), touchedBy: "inter_agent_misalignment" };
  }
  if (moment.active.has("prompt_regression") && random.chance(0.5)) {
    const free = decision([remembered]);
    const reason = random.chance(0.75) ? free.reason : "The loss is covered.";
    return { decision: { ...free, reason, clauses: null }, touchedBy: "prompt_regression" };
  }
  if (beyond(claim, moment)) {
    const reserve = random.chance(0.65) ? (claim.amounts[0] ?? total) : total;
    return { decision: { ...decision(right), reserve }, touchedBy: "capability_boundary" };
  }
  if (random.chance(0.015)) return { decision: decision([remembered]), touchedBy: null };
  const dated = random.chance(0.01) ? { decide_by: null } : {};
  return { decision: { ...decision(right), ...dated }, touchedBy: null };
}

/** The ledger's own checks: what a schema of the answer alone would miss. */
export function booked(claim: Pick<Claim, "amounts">, decision: Decision): unknown {
  const total = claim.amounts.reduce((sum, amount) => sum + amount, 0);
  const problems = [
    ...(decision.clauses === null ? ["clauses missing"] : []),
    ...(decision.decide_by === null ? ["decide_by missing"] : []),
    ...(decision.reserve === total ? [] : ["reserve differs from the sum of the items"]),
  ];
  return { accepted: problems.length === 0, problems };
}
