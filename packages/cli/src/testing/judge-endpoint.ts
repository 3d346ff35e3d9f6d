import { createServer } from "node:http";
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

/** A request as the endpoint got it. */
interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: {
    readonly model: string;
    readonly temperature?: number;
    readonly max_tokens?: number;
    readonly max_completion_tokens?: number;
    readonly system?: string;
    readonly messages: readonly { readonly role: string; readonly content: string }[];
  };
}

/** What the endpoint does with a request: answers as a model that says a text, or anything else by hand. */
export type Play = (received: Received, response: ServerResponse) => string | void;

export interface JudgeEndpoint {
  readonly url: string;
  readonly received: readonly Received[];
  /** From now on. */
  play(next: Play): void;
  stop(): Promise<void>;
}

/** The texts that were judged, by their tags. */
export function shownIn({ body }: Received, tag: string): string {
  const user = body.messages.at(-1)?.content ?? "";
  return new RegExp(`<${tag} id="[0-9a-f]+">\\n([\\s\\S]*)\\n</${tag} id=`).exec(user)?.[1] ?? "";
}

/** An endpoint on 127.0.0.1 that speaks as OpenAI's (`/v1/chat/completions`) and Anthropic's (`/v1/messages`). */
export async function startJudgeEndpoint(first: Play): Promise<JudgeEndpoint> {
  const received: Received[] = [];
  let play = first;
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => (text += chunk));
    request.on("end", () => {
      const path = request.url ?? "";
      const got: Received = { path, headers: request.headers, body: JSON.parse(text) };
      received.push(got);
      const said = play(got, response);
      if (typeof said !== "string") return;
      const isAnthropic = path.endsWith("/messages");
      const content = [{ type: "text", text: said }];
      const message = { role: "assistant", content: said };
      const body = isAnthropic
        ? { type: "message", role: "assistant", stop_reason: "end_turn", content }
        : { object: "chat.completion", choices: [{ index: 0, finish_reason: "stop", message }] };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(body));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    play: (next) => {
      play = next;
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
