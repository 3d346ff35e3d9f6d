import { documentId } from "../names.ts";
import type { AgentStep } from "../plan.ts";
import { modelOf, says } from "../workflows/moment.ts";
import { honestly, policySystem, policyTools, written, type Topic } from "../workflows/policy.ts";
import { candidateRun, documentsAt, useTool, type Played, type Setting } from "./setting.ts";

/**
 * The compliance agent: it searches, and says what it found. The update of the index lies in the recordings; the agent's own share of
 * `retrieval_drift` is that it answers from memory when nothing was found.
 */
export async function playPolicy(setting: Setting): Promise<Played> {
  const { names, topics, question, random } = setting;
  const { policy } = names;
  const topic = topics.find((each) => question.includes(each.subject));
  const query = topic?.subject ?? question;
  const dataSource = `${policy.index}-replayed`;
  const speaker = { model: modelOf(policy.model, "before"), probability: null };
  const steps: AgentStep[] = [];
  const found = await useTool(setting, steps, {
    speaker,
    name: policy.search,
    args: { query },
    retrieval: (result) => ({
      dataSource,
      query,
      topK: 4,
      documents: documentsAt(result, "documents"),
    }),
  });
  const documents = documentsAt(found, "documents").map(({ id }) => id);
  const answer = answerTo(setting, topic, query, documents);
  steps.push(says(speaker, answer.text, random));
  const agent = {
    name: policy.agent,
    system: policySystem(policy),
    tools: policyTools(policy),
    question,
    steps,
    dataSource,
    declared: { confidence: null, taskType: null },
  };
  const plan = candidateRun(setting, policy, { agents: [agent], intake: null });
  return { plan, output: answer.text, citations: answer.cited, retrieved: documents };
}

function answerTo(
  { names, faults }: Setting,
  topic: Topic | undefined,
  query: string,
  found: readonly string[],
): { readonly text: string; readonly cited: readonly string[] } {
  if (!topic) return honestly(query);
  const known = documentId(names.policy.documents, topic.documents[0]);
  return found.includes(known) || faults.has("retrieval_drift")
    ? written(names.policy, topic, [known])
    : honestly(topic.subject);
}
