import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";

/** One request that a scripted API was asked. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: Record<string, unknown> | null;
  readonly token: string | undefined;
}

/** What it answers: 200 and `{}` without more; `never` leaves the request unanswered. */
export interface Answer {
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly never?: boolean;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}

/** An API of this machine that answers as a script says, and remembers what it was asked. */
export async function scriptedApi(script: (asked: Asked, base: string) => Answer): Promise<{
  readonly base: string;
  readonly asked: readonly Asked[];
  readonly close: () => void;
}> {
  const asked: Asked[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const text = await bodyOf(request);
    const one: Asked = {
      method: request.method ?? "",
      path: request.url ?? "",
      body: text === "" ? null : JSON.parse(text),
      token: request.headers.authorization,
    };
    asked.push(one);
    const { status = 200, body = {}, headers = {}, never = false } = script(one, base);
    if (never) return;
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify(body));
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const base = `http://127.0.0.1:${port}`;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { base, asked, close };
}
