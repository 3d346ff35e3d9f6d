import { citation, documentId, type PolicyNames } from "../names.ts";
import { toolSpec, type AgentStep, type DocumentPlan, type RunPlan } from "../plan.ts";
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

/** One subject of the handbook: what the answer says about it, and which documents hold it. */
export interface Topic {
  readonly subject: string;
  readonly fact: string;
  readonly documents: readonly [number, number];
  /** What the next version of the index returns for it: the same, nothing, or documents about something else. */
  readonly afterUpdate: "same" | "nothing" | "other";
}

const facts = [
  "records are kept for seven years after the relationship ends",
  "written approval of a line manager is required beforehand",
  "anything above 150 EUR has to be declared within five working days",
  "two people sign, and the second must not report to the first",
  "it is not allowed without a waiver of the compliance officer",
  "the register is updated every quarter and reviewed once a year",
  "a copy goes to the archive within 30 days",
  "access ends on the last working day, without exception",
];

/** Of 24 subjects those that the next index version lacks: six find nothing, one finds something else. */
const lostTopics: ReadonlySet<number> = new Set([1, 5, 9, 13, 17, 21, 23]);
const misledTopic = 21;

/** The subjects of the handbook, and what becomes of each when the index is updated. */
export function topicsOf(names: PolicyNames, random: Random): readonly Topic[] {
  const first = random.int(101, 140);
  return names.subjects.map((subject, index): Topic => {
    const number = first + index * 7;
    const lost = lostTopics.has(index);
    const afterUpdate = lost ? (index === misledTopic ? "other" : "nothing") : "same";
    return {
      subject,
      fact: facts[(index * 5) % facts.length] ?? "",
      documents: [number, number + 3],
      afterUpdate,
    };
  });
}

const questions = [
  (subject: string) => `What does the handbook say about ${subject}?`,
  (subject: string) => `How do we have to handle ${subject}?`,
  (subject: string) => `Is there a rule for ${subject}, and which one is it?`,
  (subject: string) => `A client asks about ${subject}. What applies?`,
] as const;

/** How the agent is told to work. */
export function policySystem(names: PolicyNames): string {
  return [
    "You answer questions of employees about internal rules.",
    `Always call ${names.search} first.`,
    `Answer in two sentences at most and cite the id of every document that you rely on, like ${citation(names.documents, [documentId(names.documents, 42)])}.`,
    "Cite nothing that the search did not return.",
  ].join(" ");
}

export function policyTools(names: PolicyNames): ReturnType<typeof toolSpec>[] {
  return [
    toolSpec(names.search, "Searches the rules by meaning", ["query"]),
    toolSpec(names.history, "Lists the versions of one document", ["document_id"]),
  ];
}

/** One run of the compliance agent: it plans, searches, perhaps reads a document's history, answers, and the answer is filed. */
export function policyRun(
  names: PolicyNames,
  topics: readonly Topic[],
  moment: Moment,
  deployedMs: number,
): RunPlan {
  const { random } = moment;
  const topic = random.pick(topics);
  const reference = random.int(10_000, 99_999);
  const question = `${random.pick(questions)(topic.subject)} (case ${reference})`;
  const updated = moment.active.has("retrieval_drift");
  const dataSource = `${names.index}-${updated ? "v42" : "v41"}`;
  const found = retrieve(names, topic, updated, random);
  const steps = searchSteps(names, topic, found, dataSource, moment);
  const answer = answerText(names, topic, found, random);
  const speaker = { model: modelOf(names.model, "before"), probability: null };
  steps.push(says(speaker, answer.text, random));
  return {
    traceId: moment.traceId,
    workflow: names.workflow,
    service: names.service,
    version: moment.startMs < deployedMs ? "3.7.1" : "3.8.0",
    environment: "production",
    session: `s-${random.hex(5)}`,
    user: `u-${random.int(100, 480)}`,
    startMs: moment.startMs,
    question,
    agents: [
      {
        name: names.agent,
        system: policySystem(names),
        tools: policyTools(names),
        question,
        steps,
        dataSource,
        declared: { confidence: probability(0.91, 0.05, random), taskType: null },
      },
    ],
    intake: {
      name: names.intake,
      ms: 4 + random.next() * 9,
      input: { case: reference, answer: answer.text, sources: answer.cited },
      output: { recorded: true, problems: [] },
    },
    touchedBy: updated && topic.afterUpdate !== "same" ? "retrieval_drift" : null,
  };
}

function searchSteps(
  names: PolicyNames,
  topic: Topic,
  documents: readonly DocumentPlan[],
  dataSource: string,
  moment: Moment,
): AgentStep[] {
  const { random } = moment;
  const speaker = { model: modelOf(names.model, "before"), probability: null };
  const query = random.pick([
    topic.subject,
    `rules on ${topic.subject}`,
    `${topic.subject} limits`,
  ]);
  const steps: AgentStep[] = [];
  if (random.chance(0.03)) {
    const failing = call(names.search, { query }, random);
    steps.push(asks(speaker, [failing], random), timesOut(failing, random));
  }
  const search = call(names.search, { query }, random);
  const result = { documents: documents.map(({ id, text }) => ({ id, text })) };
  const retrieval = { dataSource, query, topK: 4, documents };
  steps.push(asks(speaker, [search], random), returns(search, result, random, { retrieval }));
  const [best] = documents;
  if (best && random.chance(0.25)) {
    const history = call(names.history, { document_id: best.id }, random);
    const versions = { document_id: best.id, version: random.int(2, 9), valid: true };
    steps.push(asks(speaker, [history], random), returns(history, versions, random));
  }
  return steps;
}

function retrieve(
  names: PolicyNames,
  topic: Topic,
  updated: boolean,
  random: Random,
): DocumentPlan[] {
  const outcome = updated ? topic.afterUpdate : "same";
  if (outcome === "nothing" || (!updated && random.chance(0.015))) return [];
  const text = (subject: string): string =>
    `On ${subject}: ${topic.fact}. Section ${random.int(1, 9)}.`;
  const score = (mean: number): number => Number(random.normal(mean, 0.03).toFixed(3));
  if (outcome === "other") {
    return [2, 5].map((step) => ({
      id: documentId(names.documents, 2400 + topic.documents[0] * step),
      score: score(0.41),
      text: `Notes on the intranet's search, part ${step}.`,
    }));
  }
  const [main, second] = topic.documents;
  return [
    { id: documentId(names.documents, main), score: score(0.88), text: text(topic.subject) },
    { id: documentId(names.documents, second), score: score(0.69), text: text("related duties") },
  ];
}

/** The model's answer: from what it found; without a hit mostly from memory, now and then with an id it never saw. */
function answerText(
  names: PolicyNames,
  topic: Topic,
  documents: readonly DocumentPlan[],
  random: Random,
): { readonly text: string; readonly cited: readonly string[] } {
  const remembered = documentId(names.documents, topic.documents[0]);
  const visible = documents.some((document) => document.id === remembered);
  if (!visible) {
    const honest = documents.length === 0 ? 0.12 : 0.05;
    if (random.chance(honest) || !rememberable(topic)) return honestly(topic.subject);
    return written(names, topic, [remembered]);
  }
  if (random.chance(0.055)) {
    return written(names, topic, [documentId(names.documents, topic.documents[0] + 1000)]);
  }
  const second = documents[1];
  return written(
    names,
    topic,
    second && random.chance(0.3) ? [remembered, second.id] : [remembered],
  );
}

/** An answer that says that nothing was found, and claims nothing. */
export function honestly(subject: string): {
  readonly text: string;
  readonly cited: readonly string[];
} {
  const text = `I found no rule about ${subject}. Please ask the responsible officer.`;
  return { text, cited: [] };
}

/** Whether the model knows the document by heart: only of those that the index once held for long. */
function rememberable(topic: Topic): boolean {
  return topic.afterUpdate !== "same";
}

/** What the model says about a topic, citing these documents. */
export function written(
  names: PolicyNames,
  topic: Topic,
  cited: readonly string[],
): { readonly text: string; readonly cited: readonly string[] } {
  const sentence = `For ${topic.subject}, ${topic.fact}`;
  return { text: `${sentence} ${citation(names.documents, cited)}.`, cited };
}
