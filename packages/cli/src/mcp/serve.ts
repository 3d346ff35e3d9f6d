import type { IncomingMessage, ServerResponse } from "node:http";
import { messageOf } from "../output.ts";
import { answerTo, protocolVersions, unnamedVersion, unparsed, versionOf } from "./messages.ts";
import type { Response, Tools } from "./messages.ts";

interface Exchange {
  readonly request: Pick<IncomingMessage, "method" | "headers">;
  readonly body: Buffer;
  readonly response: ServerResponse;
}

/**
 * Answers one request of MCP's Streamable HTTP transport, without sessions and without a stream of the server's own, as the specification
 * allows: JSON where the client takes it, else one event. Source: MCP 2025-11-25, basic/transports.
 */
export async function serveMcp({ request, body, response }: Exchange, tools: Tools): Promise<void> {
  const { origin, accept = "*/*" } = request.headers;
  if (request.method !== "POST") {
    response.setHeader("allow", "POST");
    end(response, 405, unparsed("expected POST; there is no stream of the server's own"));
    return;
  }
  if (origin !== undefined && !isLocal(origin)) {
    end(response, 403, unparsed(`origin ${origin} is not of this machine`));
    return;
  }
  const named = request.headers["mcp-protocol-version"];
  const version = named === undefined ? unnamedVersion : versionOf(named);
  if (version === null) {
    const known = protocolVersions.join(", ");
    end(response, 400, unparsed(`MCP-Protocol-Version ${named?.toString()}; accepted: ${known}`));
    return;
  }
  let message: unknown;
  try {
    message = JSON.parse(body.toString("utf8"));
  } catch (error) {
    end(response, 400, unparsed(messageOf(error)));
    return;
  }
  const answer = await answerTo(message, version, tools);
  if (answer === null) {
    response.statusCode = 202;
    response.end();
  } else if (takesJson(accept)) end(response, 200, answer);
  else endStream(response, answer);
}

function isLocal(origin: string): boolean {
  return /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(origin);
}

function takesJson(accept: string): boolean {
  return /application\/json|application\/\*|\*\/\*/.test(accept);
}

function end(response: ServerResponse, status: number, value: unknown): void {
  response.statusCode = status;
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(value));
}

function endStream(response: ServerResponse, answer: Response | readonly Response[]): void {
  response.statusCode = 200;
  response.setHeader("content-type", "text/event-stream");
  response.end(`event: message\ndata: ${JSON.stringify(answer)}\n\n`);
}
