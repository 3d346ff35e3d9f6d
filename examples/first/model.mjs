// A scripted model that behaves as a real one does: it answers from what it is shown, and where it is shown nothing and the prompt
// does not forbid it, it answers from memory and cites a rule that nobody retrieved.
import { MockLanguageModelV3 } from "ai/test";

const memory = "The limit is 80 EUR per night [TR-900].";

/** Texts of all messages of one role. */
function texts(prompt, role) {
  return prompt
    .filter((message) => message.role === role)
    .map((message) =>
      typeof message.content === "string"
        ? message.content
        : message.content.map((part) => part.text ?? "").join(""),
    )
    .join("\n");
}

/** What the last tool call returned, or undefined before there was one. */
function lastResult(prompt) {
  const parts = prompt.flatMap((message) => (message.role === "tool" ? message.content : []));
  return parts.findLast((part) => part.type === "tool-result")?.output?.value;
}

function words(text) {
  return new Set(text.toLowerCase().match(/[a-z]{4,}/g) ?? []);
}

/** The rule that shares most words with the question. A rule whose text stands where it always stood, or none. */
function bestRule(question, found) {
  const rules = Array.isArray(found?.rules) ? found.rules : [];
  const asked = words(question);
  const scored = rules
    .filter((rule) => typeof rule.text === "string" && typeof rule.id === "string")
    .map((rule) => ({
      rule,
      shared: [...words(rule.text)].filter((word) => asked.has(word)).length,
    }));
  return scored.sort((a, b) => b.shared - a.shared)[0]?.rule ?? null;
}

function reply(prompt) {
  const system = texts(prompt, "system");
  const question = texts(prompt, "user");
  const found = lastResult(prompt);
  if (found === undefined && system.includes("find_rules")) {
    return {
      type: "tool-call",
      toolName: "find_rules",
      input: JSON.stringify({ query: question }),
    };
  }
  const rule = bestRule(question, found);
  if (rule) return { type: "text", text: `${rule.text} [${rule.id}]` };
  if (system.includes("say that no rule was found")) {
    return { type: "text", text: "I found no rule that answers this question." };
  }
  return { type: "text", text: memory };
}

let calls = 0;

export const model = new MockLanguageModelV3({
  provider: "scripted",
  modelId: "scripted-1",
  doGenerate: async ({ prompt }) => {
    const part = reply(prompt);
    calls += 1;
    const called = part.type === "tool-call";
    return {
      content: [called ? { ...part, toolCallId: `call-${calls}` } : part],
      finishReason: { unified: called ? "tool-calls" : "stop", raw: undefined },
      usage: {
        inputTokens: { total: 120, noCache: 120, cacheRead: 0, cacheWrite: 0 },
        outputTokens: { total: 24, text: 24, reasoning: 0 },
      },
      response: { id: `scripted-${calls}`, modelId: "scripted-1-2026-10" },
      warnings: [],
    };
  },
});
