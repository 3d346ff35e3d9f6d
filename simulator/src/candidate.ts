import * as agents from "./agents.ts";
import { property } from "./candidate/setting.ts";

/**
 * The agents of `agents.ts` as a program, for `adapter: command`: one JSON object on standard input, one on standard output. The first
 * argument says which one: policy, claims or refunds.
 */
async function main(): Promise<void> {
  const name = process.argv[2] ?? "policy";
  const agent = Object.entries(agents).find(([key]) => key === name)?.[1];
  if (!agent) throw new Error(`the agent is "${name}"; there is ${Object.keys(agents).join(", ")}`);
  const { TRACEPARENT, OTEL_EXPORTER_OTLP_ENDPOINT, TOOL_BASE_URL } = process.env;
  const input = property(JSON.parse(await standardInput()), "input");
  const answer = await agent(input, {
    traceparent: TRACEPARENT ?? null,
    otlp_endpoint: OTEL_EXPORTER_OTLP_ENDPOINT ?? null,
    tool_base_url: TOOL_BASE_URL ?? null,
  });
  console.log(JSON.stringify(answer));
}

async function standardInput(): Promise<string> {
  process.stdin.setEncoding("utf8");
  let text = "";
  for await (const chunk of process.stdin) text += String(chunk);
  return text;
}

await main();
