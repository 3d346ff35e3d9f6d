import { expect, test } from "vitest";
import { stringify } from "yaml";
import { parseYaml } from "../evals/yaml.ts";
import { RootwardConfig } from "./workflow.ts";

const command = { adapter: "command", run: ["node", "agent.mjs"] };
const service = { adapter: "http", url: "http://127.0.0.1:8080/ask" };

function errorsOf(desk: object): readonly string[] {
  const parsed = parseYaml(stringify({ agents: { desk } }), "rootward.yaml", RootwardConfig);
  return parsed.ok ? [] : parsed.errors;
}

test.each([
  [command],
  [{ adapter: "module", module: "agent.js", export: "answer", isolate: true, timeout: "90s" }],
  [
    {
      ...service,
      request: { text: "{{input.message}}" },
      response: { output: "/reply", citations: "/sources/*/id" },
      headers_env: { authorization: "AGENT_TOKEN" },
      start: { run: ["node", "server.js"], ready: "http://127.0.0.1:8080/health", timeout: "30s" },
    },
  ],
  [
    {
      ...command,
      tools: {
        search: { via: "http", base_url_env: "TOOLS", url: "http://tools:80", live: true },
        tickets: { via: "mcp-stdio", command: ["node", "tickets.js"], writes: true },
        mail: { via: "mcp-http", url: "http://mail/mcp", live: ["list_mails"] },
      },
    },
  ],
])("%j is an agent", (desk) => {
  expect(errorsOf(desk)).toEqual([]);
});

test.each([
  [
    { adapter: "grpc" },
    /^rootward\.yaml:3:14: unknown adapter "grpc" in agents\.desk; accepted: command, module, http$/,
  ],
  [
    { ...command, timeout: "0s" },
    /timeout is "0s": expected more than nothing, as in 500ms, 60s or 2m/,
  ],
  [{ ...command, timeout: "1h" }, /timeout is "1h": expected a whole number with ms, s or m/],
  [{ ...command, concurrency: 0 }, /^rootward\.yaml:\d+:18: agents\.desk\.concurrency/],
  [{ adapter: "module", run: ["node"] }, /agents\.desk\.module is missing; accepted: text/],
  [
    { ...service, url: "localhost:8080" },
    /url is "localhost:8080": expected an address that begins with http/,
  ],
  [
    { ...service, response: { output: "reply" } },
    /output is "reply": expected a JSON Pointer, as in \/reply\/text/,
  ],
  [
    { ...service, headers_env: { authorization: "Bearer x" } },
    /expected the name of an environment variable, never a secret/,
  ],
  [
    { ...command, tools: { a: { via: "grpc" } } },
    /unknown via "grpc" in agents\.desk\.tools\.a; accepted: http, mcp-stdio, mcp-http/,
  ],
  [
    { ...command, tools: { a: { via: "http", url: "http://a", live: true, writes: true } } },
    /agents\.desk\.tools\.a\.live is true: a tool that writes is never live/,
  ],
  [
    {
      ...command,
      tools: { a: { via: "mcp-stdio", live: ["find"], writes: true, command: ["a"] } },
    },
    /a tool that writes is never live/,
  ],
  [
    { ...command, tools: { a: { via: "mcp-http", live: ["find"] } } },
    /a live tool needs url, where the real one is/,
  ],
])("%j is refused with its place, the value and what is accepted", (desk, sentence) => {
  const errors = errorsOf(desk);
  expect(
    errors.some((error) => sentence.test(error)),
    errors.join("\n"),
  ).toBe(true);
});
