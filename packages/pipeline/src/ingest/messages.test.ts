import { expect, test } from "vitest";
import { messagesOf } from "./messages.ts";

const call = { t: "call", callId: "c1", name: "find", args: { q: "x" } };
const result = { t: "result", callId: "c1", value: "found", isError: false };
const args = JSON.stringify({ q: "x" });

/** The same call and result as each dialect writes them. */
const dialects: Record<string, unknown> = {
  semconv: [
    {
      role: "assistant",
      parts: [{ type: "tool_call", id: "c1", name: "find", arguments: { q: "x" } }],
    },
    { role: "tool", parts: [{ type: "tool_call_response", id: "c1", response: "found" }] },
  ],
  "OpenAI chat": [
    {
      role: "assistant",
      content: null,
      tool_calls: [{ id: "c1", type: "function", function: { name: "find", arguments: args } }],
    },
    { role: "tool", tool_call_id: "c1", content: "found" },
  ],
  "OpenAI responses": [
    { type: "function_call", id: "fc_1", call_id: "c1", name: "find", arguments: args },
    { type: "function_call_output", call_id: "c1", output: "found" },
  ],
  Vercel: [
    {
      role: "assistant",
      content: [{ type: "tool-call", toolCallId: "c1", toolName: "find", input: { q: "x" } }],
    },
    {
      role: "tool",
      content: [
        {
          type: "tool-result",
          toolCallId: "c1",
          toolName: "find",
          output: { type: "text", value: "found" },
        },
      ],
    },
  ],
  Anthropic: [
    {
      role: "assistant",
      content: [{ type: "tool_use", id: "c1", name: "find", input: { q: "x" } }],
    },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "c1", content: "found" }] },
  ],
  Bedrock: [
    {
      role: "assistant",
      content: [{ toolUse: { toolUseId: "c1", name: "find", input: { q: "x" } } }],
    },
    {
      role: "user",
      content: [{ toolResult: { toolUseId: "c1", status: "success", content: "found" } }],
    },
  ],
  Genkit: [
    { role: "model", content: [{ toolRequest: { ref: "c1", name: "find", input: { q: "x" } } }] },
    { role: "tool", content: [{ toolResponse: { ref: "c1", name: "find", output: "found" } }] },
  ],
  LangChain: [
    {
      lc: 1,
      type: "constructor",
      id: ["langchain_core", "messages", "AIMessage"],
      kwargs: { content: "", tool_calls: [{ name: "find", args: { q: "x" }, id: "c1" }] },
    },
    {
      lc: 1,
      type: "constructor",
      id: ["langchain_core", "messages", "ToolMessage"],
      kwargs: { content: "found", tool_call_id: "c1", status: "success" },
    },
  ],
  Haystack: [
    {
      role: "assistant",
      content: [{ tool_call: { tool_name: "find", arguments: { q: "x" }, id: "c1" } }],
    },
    {
      role: "tool",
      content: [
        {
          tool_call_result: {
            result: "found",
            origin: { tool_name: "find", id: "c1" },
            error: false,
          },
        },
      ],
    },
  ],
};

test.each(Object.keys(dialects))("a call and its result are read in the dialect of %s", (name) => {
  for (const form of [
    dialects[name],
    JSON.stringify(dialects[name]),
    { messages: dialects[name] },
  ]) {
    const parts = messagesOf(form, "user").flatMap((message) => message.parts);
    expect(parts).toHaveLength(2);
    expect(parts[0]).toEqual(call);
    expect(parts[1]).toMatchObject(result);
  }
});

test("an answer that is JSON stays the text that the model wrote", () => {
  const text = '{"answer":"yes","sources":["A-1"]}';
  expect(messagesOf(text, "assistant")).toEqual([
    { role: "assistant", parts: [{ t: "text", text }] },
  ]);
});

test("nothing said gives no message", () => {
  for (const nothing of [null, undefined, "", [], {}])
    expect(messagesOf(nothing, "user")).toEqual([]);
});
