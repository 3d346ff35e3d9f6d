import { isObject } from "@rootward/pipeline/evals/pointer";
import { policy } from "@rootward/pipeline/model/policy";
import { programVersion } from "../version.ts";
import { protocolVersions } from "./messages.ts";
import type { Tool } from "./messages.ts";

/** A real server of MCP, asked as a client. */
export interface McpClient {
  /** @throws Error  with one sentence: it could not be started or asked, refused, or took too long */
  list(): Promise<readonly Tool[]>;
  /** @throws Error  as `list` does */
  call(
    name: string,
    args: unknown,
  ): Promise<{ readonly result: unknown; readonly failed: boolean }>;
  stop(): void;
}

export type Message = Readonly<Record<string, unknown>>;

/** Carries messages to a server. */
export interface Transport {
  /** The answer to a request. */
  ask(message: Message): Promise<Message>;
  tell(message: Message): Promise<void>;
  stop(): void;
}

const pagesMost = 100;

/** A client that initializes itself before its first question. */
export function newClient(transport: Transport): McpClient {
  let asked = 0;
  const ask = async (method: string, params: object): Promise<Message> => {
    asked += 1;
    const answer = await transport.ask({ jsonrpc: "2.0", id: asked, method, params });
    const { error, result } = answer;
    if (isObject(error)) throw new Error(`${method}: ${String(error["message"])}`);
    return isObject(result) ? result : {};
  };
  const begin = async () => {
    await ask("initialize", {
      protocolVersion: protocolVersions.at(-1),
      capabilities: {},
      clientInfo: { name: "rootward", version: programVersion() },
    });
    await transport.tell({ jsonrpc: "2.0", method: "notifications/initialized" });
  };
  let begun: Promise<void> | null = null;
  const ready = () => (begun ??= begin());
  return {
    async list() {
      await ready();
      const tools: Tool[] = [];
      let cursor: unknown;
      for (let page = 0; page < pagesMost; page += 1) {
        const result = await ask("tools/list", cursor === undefined ? {} : { cursor });
        tools.push(...(Array.isArray(result["tools"]) ? result["tools"].filter(isTool) : []));
        cursor = result["nextCursor"];
        if (cursor === undefined) break;
      }
      return tools;
    },
    async call(name, args) {
      await ready();
      const result = await ask("tools/call", { name, arguments: args });
      return { result, failed: result["isError"] === true };
    },
    stop: () => transport.stop(),
  };
}

/** Whether something of a list is a tool. */
export function isTool(value: unknown): value is Tool {
  return isObject(value) && typeof value["name"] === "string" && isObject(value["inputSchema"]);
}

/** A message as a line or event holds it; empty where it is none. */
export function parsed(line: string): Message {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** A server that runs already, asked over Streamable HTTP. */
export function httpClient(url: string, headers: Readonly<Record<string, string>>): McpClient {
  let session: string | null = null;
  let version: string | null = null;
  const post = async (message: Message): Promise<Message> => {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        ...headers,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        ...(session !== null && { "mcp-session-id": session }),
        ...(version !== null && { "mcp-protocol-version": version }),
      },
      body: JSON.stringify(message),
      signal: AbortSignal.timeout(policy("mcpTimeoutMs")),
    });
    session = response.headers.get("mcp-session-id") ?? session;
    const text = await response.text();
    if (!response.ok) throw new Error(`${url} answered with status ${response.status}`);
    const type = response.headers.get("content-type") ?? "";
    const answer = type.includes("text/event-stream") ? answerAmong(text, message) : parsed(text);
    const result = answer["result"];
    const settled = isObject(result) ? result["protocolVersion"] : undefined;
    if (typeof settled === "string") version = settled;
    return answer;
  };
  return newClient({
    ask: post,
    tell: async (message) => void (await post(message)),
    stop: () => undefined,
  });
}

/** The answer to a request among the events of a stream. */
function answerAmong(text: string, { id }: Message): Message {
  const events = text.split(/\r?\n\r?\n/).map((event) =>
    event
      .split(/\r?\n/)
      .filter((line) => line.startsWith("data:"))
      .map((line) => line.slice("data:".length).trimStart())
      .join("\n"),
  );
  return events.map(parsed).find((message) => message["id"] === id) ?? {};
}
