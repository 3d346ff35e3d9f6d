#!/usr/bin/env node
// A small real agent: the AI SDK with its own telemetry, one tool over HTTP, a scripted model. As a program it is a candidate of
// `rootward gate`: one JSON line in, one JSON line out.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { generateText, stepCountIs, tool } from "ai";
import { z } from "zod";
import { model } from "./model.mjs";
import { startTelemetry } from "./telemetry.mjs";

/** The system text `prompts/<name>.md`. */
export function promptOf(name) {
  return readFileSync(new URL(`prompts/${name}.md`, import.meta.url), "utf8");
}

/** Answers one question; its spans go to `tracer`. */
export async function answer(question, { toolBase, prompt, tracer, session }) {
  const findRules = tool({
    description: "Searches the travel rules",
    inputSchema: z.object({ query: z.string() }),
    execute: async (input) => {
      const response = await fetch(`${toolBase}/find_rules`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(input),
      });
      if (!response.ok) throw new Error(`find_rules answered ${response.status}`);
      return response.json();
    },
  });
  const { text } = await generateText({
    model,
    system: prompt,
    messages: [{ role: "user", content: question }],
    tools: prompt.includes("find_rules") ? { find_rules: findRules } : {},
    stopWhen: stepCountIs(4),
    experimental_telemetry: {
      isEnabled: true,
      functionId: "travel-rules",
      metadata: session ? { sessionId: session } : {},
      tracer,
    },
  });
  return text;
}

async function main() {
  let body = "";
  for await (const chunk of process.stdin) body += chunk;
  const { input } = JSON.parse(body);
  const telemetry = startTelemetry();
  const output = await answer(input.message, {
    toolBase: process.env.TOOL_BASE_URL,
    prompt: promptOf(process.env.PROMPT ?? "plain"),
    tracer: telemetry.tracer,
  });
  await telemetry.flush();
  console.log(JSON.stringify({ output }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
