import type { Signature } from "../model/cluster.ts";
import type { Deviation } from "../model/deviation.ts";

interface Words {
  readonly component: string;
  readonly seen: string;
}

/** One sentence for each primary deviation. */
const sentences: Readonly<Record<string, (words: Words) => string>> = {
  schema_mismatch: ({ component, seen }) => `${component} answers with another shape: ${seen}`,
  value_mismatch: ({ component, seen }) => `${component} answers with values gone: ${seen}`,
  handoff_schema: ({ component, seen }) =>
    `what is handed over to ${component} has another shape: ${seen}`,
  handoff_dropped: ({ component, seen }) =>
    `${component} leaves out what the user asked for: ${seen}`,
  args_mismatch: ({ component, seen }) => `${component} is asked in another form: ${seen}`,
  empty_retrieval: ({ component }) => `${component} finds no documents`,
  no_retrieval: ({ component }) =>
    `${component} answers without retrieving, and cites what it never read`,
  ungrounded: ({ component }) => `${component} cites documents that were not retrieved`,
  loop: ({ component }) => `${component} is called again and again`,
  truncated: ({ component }) => `answers of ${component} are cut off`,
  empty_result: ({ component }) => `${component} answers with nothing`,
  handoff_target: ({ seen }) => seen,
  value_scale: ({ component, seen }) => `${component} answers in another scale: ${seen}`,
  repeated: ({ component }) => `${component} is called twice for the same`,
  context_cut: ({ component, seen }) => `${component} is told too little: ${seen}`,
  "schema_mismatch:form": ({ component, seen }) => `${component} answers in another form: ${seen}`,
  "missing_step:ended": ({ component }) => `the run ends before ${component} is called`,
  "missing_step:replaced": ({ component }) => `another tool is called instead of ${component}`,
  missing_step: ({ component }) => `${component} is no longer called`,
  low_score: ({ component }) => `${component} finds worse matches than before`,
  strange_documents: ({ component }) => `${component} finds documents that it never found before`,
  args_ungrounded: ({ component }) =>
    `${component} is asked with values that nothing in the run holds`,
  order_never: ({ component }) => `${component} is called in an order not seen in clean runs`,
  contract: ({ component, seen }) => `the output of ${component} breaks the contract: ${seen}`,
  output_mismatch: ({ component, seen }) =>
    `the output of ${component.split(" /", 1)[0]} is unlike clean ones: ${seen}`,
  app_rejected: ({ component, seen }) => `the output is rejected by ${component || seen}`,
  num_unsupported: ({ component }) => `${component} states numbers that nothing it read holds`,
  fallback: ({ component }) => `the second choice ${component} is used`,
  low_confidence: ({ component }) => `the model is unsure at ${component}`,
  hedge: ({ component }) => `${component} hedges or declines to answer`,
  unexplained: () => "failed, and nothing in the run differs from clean runs",
};

/** The sentence that names a cluster, from a fixed template: the workflow, and what broke first in the typical run. */
export function titleOf(signature: Signature, primary: Deviation | undefined): string {
  const { component, primary: name, workflow } = signature;
  const words = { component, seen: (primary?.seen ?? "").slice(0, 120) };
  const error = name.startsWith("error:") ? `${component} fails: ${words.seen}` : null;
  const sentence = error ?? sentences[name]?.(words) ?? `${name} at ${component}`;
  return `${workflow}: ${sentence}`;
}
