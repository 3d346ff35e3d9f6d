import { isObject } from "@rootward/pipeline/evals/pointer";
import { programVersion } from "../version.ts";

/** A tool as `tools/list` tells of it. */
export interface Tool {
  readonly name: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}

/** What a call came to: `none`, nothing is recorded that answers it. */
export type Called =
  | { readonly how: "result"; readonly result: unknown; readonly failed: boolean }
  | { readonly how: "none"; readonly why: string };

/** The tools of one server, as one trial gets them. */
export interface Tools {
  list(): Promise<readonly Tool[]>;
  call(name: string, args: unknown): Promise<Called>;
}

/** Newest last. Source: modelcontextprotocol.io/specification, versions. */
export const protocolVersions = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] as const;
type Version = (typeof protocolVersions)[number];

const newest: Version = "2025-11-25";
/** What a client speaks that names no version over HTTP. Source: 2025-06-18, basic/transports, protocol version header. */
export const unnamedVersion: Version = "2025-03-26";
/** The first version without batches, and with `structuredContent`. */
const structuredFrom: Version = "2025-06-18";

/** The version that a text names, or null. */
export function versionOf(text: unknown): Version | null {
  return protocolVersions.find((version) => version === text) ?? null;
}

/** Source: JSON-RPC 2.0, section 5.1. */
const codes = {
  parse: -32_700,
  request: -32_600,
  method: -32_601,
  params: -32_602,
  internal: -32_603,
  unrecorded: -32_000,
} as const;

type Id = string | number | null;

export interface Response {
  readonly jsonrpc: "2.0";
  readonly id: Id;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

/** A request that cannot be answered as it is. */
class Refusal extends Error {
  readonly code: number;

  constructor(code: keyof typeof codes, message: string) {
    super(message);
    this.code = codes[code];
  }
}

function refused(id: Id, code: number, message: string): Response {
  return { jsonrpc: "2.0", id, error: { code, message } };
}

/** The answer to a text that is no JSON. */
export function unparsed(why: string): Response {
  return refused(null, codes.parse, `Parse error: ${why}`);
}

/**
 * The answer to what a client sent: one message, or a batch where its version has them.
 *
 * @returns null where nothing is to be answered (notifications, answers of the client); an array for a batch
 */
export async function answerTo(
  body: unknown,
  version: Version,
  tools: Tools,
): Promise<Response | readonly Response[] | null> {
  if (!Array.isArray(body)) return await answerOne(body, version, tools);
  if (version >= structuredFrom)
    return refused(null, codes.request, `Invalid Request: version ${version} has no batches`);
  if (body.length === 0) return refused(null, codes.request, "Invalid Request: an empty batch");
  const answers: Response[] = [];
  for (const message of body) {
    const answer =
      isObject(message) && message["method"] === "initialize"
        ? refused(idOf(message), codes.request, "Invalid Request: initialize stands in no batch")
        : await answerOne(message, version, tools);
    if (answer !== null) answers.push(answer);
  }
  return answers.length === 0 ? null : answers;
}

function idOf(message: Readonly<Record<string, unknown>>): Id {
  const { id } = message;
  return typeof id === "string" || typeof id === "number" ? id : null;
}

async function answerOne(
  message: unknown,
  version: Version,
  tools: Tools,
): Promise<Response | null> {
  if (!isObject(message) || message["jsonrpc"] !== "2.0")
    return refused(null, codes.request, 'Invalid Request: expected an object with jsonrpc "2.0"');
  const { method } = message;
  const id = idOf(message);
  if (typeof method !== "string") {
    if ("result" in message || "error" in message) return null;
    return refused(id, codes.request, "Invalid Request: method is missing");
  }
  if (!("id" in message)) return null;
  if (id === null)
    return refused(null, codes.request, "Invalid Request: id must be text or a number");
  const params = isObject(message["params"]) ? message["params"] : {};
  try {
    return { jsonrpc: "2.0", id, result: await resultOf(method, params, version, tools) };
  } catch (error) {
    if (error instanceof Refusal) return refused(id, error.code, error.message);
    const why = error instanceof Error ? error.message : String(error);
    return refused(id, codes.internal, `Internal error: ${why}`);
  }
}

type Params = Readonly<Record<string, unknown>>;

async function resultOf(
  method: string,
  params: Params,
  version: Version,
  tools: Tools,
): Promise<unknown> {
  switch (method) {
    case "initialize":
      return initialized(params);
    case "ping":
      return {};
    case "tools/list":
      if (params["cursor"] !== undefined)
        throw new Refusal("params", "Invalid params: no such cursor; the list has one page");
      return { tools: await tools.list() };
    case "tools/call":
      return await calledTool(params, version, tools);
    default:
      throw new Refusal("method", `Method not found: ${method}`);
  }
}

function initialized({ protocolVersion: asked }: Params): unknown {
  if (typeof asked !== "string")
    throw new Refusal("params", "Invalid params: protocolVersion is missing");
  return {
    protocolVersion: versionOf(asked) ?? newest,
    capabilities: { tools: {} },
    serverInfo: { name: "rootward", version: programVersion() },
  };
}

async function calledTool(
  { name, arguments: args = {} }: Params,
  version: Version,
  tools: Tools,
): Promise<unknown> {
  if (typeof name !== "string") throw new Refusal("params", "Invalid params: name is missing");
  if (!isObject(args)) throw new Refusal("params", "Invalid params: arguments is no object");
  const called = await tools.call(name, args);
  if (called.how === "none") throw new Refusal("unrecorded", called.why);
  return toolResult(called, version);
}

/** What was recorded as the result of a call: as it is where a server gave it, else as text, and as a structure where it is one. */
function toolResult(
  { result, failed }: { readonly result: unknown; readonly failed: boolean },
  version: Version,
): unknown {
  const error = failed ? { isError: true } : {};
  if (isObject(result) && Array.isArray(result["content"])) return { ...result, ...error };
  const text = typeof result === "string" ? result : JSON.stringify(result ?? null);
  return {
    content: [{ type: "text", text }],
    ...(isObject(result) && version >= structuredFrom && { structuredContent: result }),
    ...error,
  };
}
