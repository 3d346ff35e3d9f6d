import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { rowsOf } from "@rootward/pipeline/model/batch";
import type { LogRecord, Span } from "@rootward/pipeline/model/span";
import { receive } from "@rootward/pipeline/wire/receive";

/** What a scripted endpoint does with one request. */
type Answer =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | Buffer;
    }
  /** Reads the request and cuts the connection. */
  | "die"
  /** Answers when the promise does. */
  | Promise<{ readonly status: number }>;

interface Got {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  /** Before it was unpacked. */
  readonly packedBytes: number;
  readonly bytes: Buffer;
  readonly spans: readonly Span[];
  readonly logs: readonly LogRecord[];
  /** Whether it was answered with 2xx. */
  taken: boolean;
}

/** An OTLP/HTTP endpoint that does as its script says, then answers 200. */
export interface Receiver {
  /** The address of its traces. */
  readonly url: string;
  readonly requests: readonly Got[];
  /** What the next requests are answered, one each. */
  script(...answers: readonly Answer[]): void;
  /** What every request is answered behind the script. */
  always: Answer | ((got: Got) => Answer);
  /** Span ids of requests that it took, in order. */
  spanIds(): readonly string[];
  stop(): Promise<void>;
}

/** @param port  0: any free one */
export async function startReceiver(port = 0): Promise<Receiver> {
  const requests: Got[] = [];
  const answers: Answer[] = [];
  const server = createServer((request, response) => {
    void take(request).then(async (got) => {
      requests.push(got);
      const always = typeof receiver.always === "function" ? receiver.always(got) : receiver.always;
      await answer(answers.shift() ?? always, got, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const { port: own } = server.address() as AddressInfo;
  const receiver: Receiver = {
    url: `http://127.0.0.1:${own}/v1/traces`,
    requests,
    script: (...more) => void answers.push(...more),
    always: { status: 200 },
    spanIds: () =>
      requests.flatMap(({ taken, spans }) => (taken ? spans.map(({ spanId }) => spanId) : [])),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}

async function take(request: IncomingMessage): Promise<Got> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  const packed = Buffer.concat(parts);
  const bytes =
    request.headers["content-encoding"] === "gzip" ? Buffer.from(gunzipSync(packed)) : packed;
  const path = request.url ?? "";
  const signal = path.endsWith("/v1/logs") ? "logs" : "traces";
  const { batch } = receive({ signal, encoding: "protobuf", bytes });
  const { headers } = request;
  return { path, headers, packedBytes: packed.length, bytes, ...rowsOf(batch), taken: false };
}

async function answer(given: Answer, got: Got, response: ServerResponse): Promise<void> {
  if (given === "die") {
    response.destroy();
    return;
  }
  const said = await given;
  got.taken = said.status >= 200 && said.status < 300;
  const { headers = {}, body = "" } = "headers" in said || "body" in said ? said : {};
  response.writeHead(said.status, headers);
  response.end(body);
}
