import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { isObject } from "@rootward/pipeline/evals/pointer";
import type { AgentConfig, AgentTool } from "@rootward/pipeline/model/gate-config";
import type { RecordedCall } from "@rootward/pipeline/evals/cassette";
import { messageOf, OperatorError } from "../output.ts";
import { httpClient, isTool } from "./client.ts";
import type { McpClient } from "./client.ts";
import type { Tool } from "./messages.ts";
import { stdioClient } from "./stdio-client.ts";

type Server = Exclude<AgentTool, { via: "http" }>;

/** The servers of MCP of one agent. */
export interface Servers {
  readonly named: (name: string) => Server | null;
  /** The tools of a server: from its file, else from the real server, else as the recordings show them. */
  tools(name: string, recorded: readonly RecordedCall[]): Promise<readonly Tool[]>;
  /** Asks the real server. @throws Error  with one sentence: there is none, or it did not answer */
  call(name: string, tool: string, args: unknown): Promise<{ result: unknown; failed: boolean }>;
  stop(): void;
}

/**
 * Opens the servers of an agent; a real one is started, or asked, once it is needed.
 *
 * @throws OperatorError  exit code 2: a file of tools that cannot be read or holds none
 */
export function openServers(agentName: string, agent: AgentConfig, folder: string): Servers {
  const servers = new Map(
    Object.entries(agent.tools ?? {}).flatMap(([name, tool]): [string, Server][] =>
      tool.via === "http" ? [] : [[name, tool]],
    ),
  );
  const filed = new Map(
    [...servers].flatMap(([name, { schemas }]): [string, readonly Tool[]][] =>
      schemas === undefined
        ? []
        : [[name, toolsIn(resolve(folder, schemas), `agents.${agentName}.tools.${name}.schemas`)]],
    ),
  );
  const clients = new Map<string, McpClient>();
  const clientOf = (name: string): McpClient | null => {
    const server = servers.get(name);
    if (server === undefined) return null;
    const client = clients.get(name) ?? connected(server, agent, folder);
    if (client !== null) clients.set(name, client);
    return client;
  };
  const listed = new Map<string, Promise<readonly Tool[]>>();
  return {
    named: (name) => servers.get(name) ?? null,
    async tools(name, recorded) {
      const file = filed.get(name);
      if (file !== undefined) return file;
      const client = clientOf(name);
      if (client === null) return shownBy(recorded);
      const list = listed.get(name) ?? client.list();
      listed.set(name, list);
      return await list;
    },
    async call(name, tool, args) {
      const client = clientOf(name);
      if (client === null) throw new Error(`${name} has no real server`);
      return await client.call(tool, args);
    },
    stop() {
      for (const client of clients.values()) client.stop();
    },
  };
}

function connected(server: Server, agent: AgentConfig, folder: string): McpClient | null {
  if (server.via === "mcp-stdio") {
    const { command } = server;
    const environment = { ...process.env, ...agent.env };
    return command === undefined ? null : stdioClient(command, folder, environment);
  }
  if (server.url === undefined) return null;
  const headers = Object.entries(server.headers_env ?? {}).map(([header, name]) => {
    const value = process.env[name];
    if (!value) throw new Error(`headers_env.${header}: the variable ${name} is not set`);
    return [header, value] as const;
  });
  return httpClient(server.url, Object.fromEntries(headers));
}

function toolsIn(path: string, key: string): readonly Tool[] {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new OperatorError(`${key}: ${path}: ${messageOf(error)}`, 2);
  }
  const tools: unknown = isObject(value) ? value["tools"] : value;
  if (Array.isArray(tools) && tools.length > 0 && tools.every(isTool)) return tools;
  const accepted = '{"tools": [{"name", "inputSchema", …}, …]}, as tools/list answers';
  throw new OperatorError(`${key}: ${path} holds no list of tools; accepted: ${accepted}`, 2);
}

/** What recordings tell of tools: their names, and the names of their arguments. */
function shownBy(recorded: readonly RecordedCall[]): readonly Tool[] {
  const names = [...new Set(recorded.map(({ tool }) => tool))];
  return names.map((name) => {
    const args = recorded.flatMap(({ tool, args: given }) =>
      tool === name && isObject(given) ? Object.keys(given) : [],
    );
    const properties = Object.fromEntries([...new Set(args)].map((key) => [key, {}]));
    return { name, inputSchema: { type: "object", properties } };
  });
}
