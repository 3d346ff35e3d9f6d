import {
  Client,
  compressionAlgorithms,
  credentials,
  Metadata,
  type ServiceError,
  status as codes,
} from "@grpc/grpc-js";
import { execFile } from "node:child_process";
import { connect, type OutgoingHttpHeaders } from "node:http2";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { PortError } from "@rootward/pipeline/errors";
import { isTraceId, type TraceId } from "@rootward/pipeline/model/ids";
import { policy } from "@rootward/pipeline/model/policy";
import type { Store } from "@rootward/pipeline/ports";
import { memoryStore } from "@rootward/pipeline/testing/memory-store";
import { type GrpcDoor, grpcDoor } from "./grpc.ts";
import { type Door, openDoor } from "./testing/door.ts";

type Service = "trace" | "logs" | "metrics";

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function opened(door: Door): Promise<{ grpc: GrpcDoor; port: number }> {
  const grpc = grpcDoor(door.context);
  const port = await grpc.listen("127.0.0.1", 0);
  ends.push(() => grpc.close(1_000));
  return { grpc, port };
}

interface Answered {
  readonly code: number;
  readonly details: string;
  readonly bytes: Buffer;
  readonly metadata: Metadata;
}

function clientOf(port: number, options: object = {}): Client {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    "grpc.max_send_message_length": -1,
    "grpc.enable_retries": 0,
    ...options,
  });
  ends.push(() => client.close());
  return client;
}

/** One call with these bytes as its message. */
async function sent(
  client: Client,
  bytes: Uint8Array,
  service: Service = "trace",
  metadata = new Metadata(),
): Promise<Answered> {
  const name = { trace: "Trace", logs: "Logs", metrics: "Metrics" }[service];
  const path = `/opentelemetry.proto.collector.${service}.v1.${name}Service/Export`;
  const asIs = (message: Buffer) => message;
  return await new Promise((resolve) => {
    client.makeUnaryRequest(
      path,
      asIs,
      asIs,
      Buffer.from(bytes),
      metadata,
      (error: ServiceError | null, answer?: Buffer) => {
        if (error === null) {
          const bytes = answer ?? Buffer.alloc(0);
          resolve({ code: codes.OK, details: "", bytes, metadata: new Metadata() });
        } else {
          const { code, details, metadata: trailers } = error;
          resolve({ code, details, bytes: Buffer.alloc(0), metadata: trailers });
        }
      },
    );
  });
}

const gzip = { "grpc.default_compression_algorithm": compressionAlgorithms.gzip };

function field(number: number, bytes: Uint8Array): Buffer {
  const length: number[] = [];
  let rest = bytes.length;
  for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128);
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length, rest]), bytes]);
}

function spanBytes(traceId: number, name = ""): Buffer {
  return Buffer.concat([
    field(1, Buffer.alloc(16, traceId)),
    field(2, Buffer.alloc(8, 7)),
    field(5, Buffer.from(name)),
  ]);
}

/** ExportTraceServiceRequest, or the same for logs. */
function body(...records: readonly Uint8Array[]): Buffer {
  return field(1, field(2, Buffer.concat(records.map((record) => field(2, record)))));
}

function detailsOf({ metadata }: Answered): Buffer {
  const [details] = metadata.get("grpc-status-details-bin");
  return Buffer.from(details ?? "");
}

/** Where a RetryInfo stands last in the details: its delay in whole seconds. */
function retryAfterSeconds(answered: Answered): number | null {
  const details = detailsOf(answered);
  if (!details.includes("type.googleapis.com/google.rpc.RetryInfo")) return null;
  // value (2) of the Any: retry_delay (1) with seconds (1).
  expect([...details.subarray(-6, -1)]).toEqual([0x12, 4, 0x0a, 2, 0x08]);
  return details.at(-1) ?? null;
}

function callHeaders(encoding: string): OutgoingHttpHeaders {
  return {
    ":method": "POST",
    ":path": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    "content-type": "application/grpc",
    "grpc-encoding": encoding,
    te: "trailers",
  };
}

/** Resolves once it holds; the test's own time limit is its end. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

/** A call whose message says that it is packed, by any encoding; its code. */
async function rawCall(port: number, encoding: string, message: Buffer): Promise<number> {
  const session = connect(`http://127.0.0.1:${port}`);
  ends.push(() => session.close());
  const stream = session.request(callHeaders(encoding));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(message.length);
  stream.end(Buffer.concat([Buffer.from([1]), length, message]));
  return await new Promise((resolve, reject) => {
    stream.once("error", reject);
    stream.once("response", (headers) => resolve(Number(headers["grpc-status"])));
    stream.resume();
  });
}

/** @returns the trace id of the first of two spans that OpenTelemetry's exporter sent */
async function exported(url: string): Promise<TraceId> {
  const loader = createRequire(import.meta.url).resolve("tsx");
  const program = fileURLToPath(new URL("../test/otel-exporter.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--import",
    loader,
    program,
    url,
  ]);
  if (!isTraceId(stdout)) throw new Error(`the exporter printed ${stdout}`);
  return stdout;
}

describe("OTLP/gRPC is taken in as OTLP/HTTP is", () => {
  test("the exporter of OpenTelemetry sends spans, and they are stored before it is answered", async () => {
    const door = await openDoor();
    const { port } = await opened(door);
    const traceId = await exported(`http://127.0.0.1:${port}`);
    const { spans } = await door.store.traces([traceId]);
    expect(spans.map(({ name }) => name)).toEqual(["answer"]);
    expect(spans[0]?.attributes.get("gen_ai.operation.name")).toBe("chat");
    expect(door.context.counters).toMatchObject({ requests: 1, received: 2, accepted: 2 });
    expect(door.context.open.size).toBe(2);
  });

  test.each([
    ["plain", {}],
    ["gzip", gzip],
  ])(
    "%s: an empty message answers what was accepted, and nothing stays reserved",
    async (_name, options) => {
      const door = await openDoor();
      const { port } = await opened(door);
      const answered = await sent(clientOf(port, options), body(spanBytes(1, "x".repeat(5_000))));
      expect([answered.code, answered.bytes.length]).toEqual([codes.OK, 0]);
      expect((await door.store.counts()).spans).toBe(1);
      expect(door.context.counters.inFlightBytes).toBe(0);
    },
  );

  test("log records are kept; metrics are answered, dropped and counted", async () => {
    const door = await openDoor();
    const { port } = await opened(door);
    const client = clientOf(port);
    const record = field(9, Buffer.alloc(16, 1));
    expect((await sent(client, body(record), "logs")).code).toBe(codes.OK);
    expect((await sent(client, body(record), "metrics")).code).toBe(codes.OK);
    expect((await door.store.counts()).logs).toBe(1);
    expect(door.context.counters.metricsDropped).toBe(1);
  });

  test("a bad span is rejected with its reason in the answer, and its siblings live", async () => {
    const door = await openDoor();
    const { port } = await opened(door);
    const { code, bytes } = await sent(clientOf(port), body(spanBytes(0), spanBytes(3)));
    expect([code, bytes[0], bytes[2], bytes[3]]).toEqual([codes.OK, 0x0a, 0x08, 1]);
    expect(bytes.subarray(6).toString("utf8")).toMatch(/^resourceSpans\[0\]/);
    const { received, accepted, rejected } = door.context.counters;
    expect([received, accepted, [...rejected.values()]]).toEqual([2, 1, [1]]);
  });

  test("a body of 40 MB passes, gzipped or not", async () => {
    const door = await openDoor();
    const { port } = await opened(door);
    const name = "x".repeat(400_000);
    const large = body(...Array.from({ length: 100 }, (_, index) => spanBytes(index + 1, name)));
    expect(large.length).toBeGreaterThan(40_000_000);
    expect((await sent(clientOf(port), large)).code).toBe(codes.OK);
    expect((await sent(clientOf(port, gzip), large)).code).toBe(codes.OK);
    const { accepted, duplicates } = door.context.counters;
    expect([accepted, duplicates]).toEqual([200, 100]);
  });
});

describe("what cannot be taken in is said with a code that tells whether to send it again", () => {
  test("a broken body is INVALID_ARGUMENT", async () => {
    const door = await openDoor();
    const { port } = await opened(door);
    const answered = await sent(clientOf(port), Uint8Array.from([0x0a, 200]));
    expect([answered.code, retryAfterSeconds(answered)]).toEqual([codes.INVALID_ARGUMENT, null]);
    expect(door.context.counters).toMatchObject({ unreadable: 1, accepted: 0, inFlightBytes: 0 });
  });

  test("broken gzip is INVALID_ARGUMENT, another encoding UNIMPLEMENTED; both are counted", async () => {
    const door = await openDoor();
    const { port } = await opened(door);
    const broken = await rawCall(port, "gzip", Buffer.from("not gzip"));
    const unknown = await rawCall(port, "zstd", Buffer.from("whatever"));
    expect([broken, unknown]).toEqual([codes.INVALID_ARGUMENT, codes.UNIMPLEMENTED]);
    expect(door.context.counters).toMatchObject({ requests: 2, unreadable: 2, inFlightBytes: 0 });
  });

  test("a message over the limit is RESOURCE_EXHAUSTED without a time to come again, by its length and by what it unpacks to", async () => {
    const door = await openDoor();
    const { port } = await opened(door);
    const large = Buffer.alloc(policy("bodyLimitBytes") + 1);
    for (const options of [{}, gzip]) {
      const answered = await sent(clientOf(port, options), large);
      expect([answered.code, retryAfterSeconds(answered)]).toEqual([
        codes.RESOURCE_EXHAUSTED,
        null,
      ]);
      expect(answered.details).toMatch(/larger than.*67108864.*at most 67108864 bytes/);
    }
    expect(door.context.counters).toMatchObject({ tooLarge: 2, inFlightBytes: 0 });
  });

  test("a call that is broken off gives back what was set aside for it", async () => {
    const door = await openDoor();
    const { port } = await opened(door);
    const { counters } = door.context;
    const session = connect(`http://127.0.0.1:${port}`);
    const stream = session.request(callHeaders("identity"));
    // The beginning of a message of 1,000 bytes.
    stream.write(Buffer.from([0, 0, 0, 3, 232, 1, 2, 3]));
    await until(() => counters.inFlightBytes === policy("unreadMessageBytes"));
    session.destroy();
    await until(() => counters.inFlightBytes === 0);
    expect((await sent(clientOf(port), body(spanBytes(1)))).code).toBe(codes.OK);
    expect(counters).toMatchObject({ requests: 2, accepted: 1, inFlightBytes: 0 });
  });

  test("a thousand calls at once of one client are all taken", async () => {
    const door = await openDoor();
    const { port } = await opened(door);
    const client = clientOf(port);
    const calls = Array.from({ length: 1_000 }, () => sent(client, body(spanBytes(1))));
    const answers = await Promise.all(calls);
    expect(new Set(answers.map(({ code }) => code))).toEqual(new Set([codes.OK]));
    expect(door.context.counters).toMatchObject({ accepted: 1_000, inFlightBytes: 0 });
  });

  test("too much at once is RESOURCE_EXHAUSTED with a RetryInfo, before the message is read", async () => {
    const door = await openDoor();
    const { port } = await opened(door);
    door.context.counters.inFlightBytes = policy("pendingLimitBytes");
    const answered = await sent(clientOf(port), body(spanBytes(1)));
    expect([answered.code, retryAfterSeconds(answered)]).toEqual([codes.RESOURCE_EXHAUSTED, 1]);
    expect(door.context.counters).toMatchObject({ refusedOverload: 1, received: 0 });
    door.context.counters.inFlightBytes = 0;
    expect((await sent(clientOf(port), body(spanBytes(1)))).code).toBe(codes.OK);
  });

  test.each([
    ["overloaded", true, codes.RESOURCE_EXHAUSTED, 1, "refusedOverload"],
    ["store_full", false, codes.UNAVAILABLE, 5, "refusedStore"],
    ["store_down", true, codes.UNAVAILABLE, 5, "refusedStore"],
  ] as const)(
    "a store that is %s (retryable: %s) is %i with a RetryInfo",
    async (code, retryable, expected, seconds, counter) => {
      const store = {
        ...memoryStore(),
        put: async () => {
          throw new PortError(code, `the store is ${code}`, { retryable });
        },
      };
      const door = await openDoor({ store });
      const { port } = await opened(door);
      const answered = await sent(clientOf(port), body(spanBytes(1)));
      expect([answered.code, retryAfterSeconds(answered)]).toEqual([expected, seconds]);
      expect(answered.details).toBe(`the store is ${code}`);
      expect(door.context.counters).toMatchObject({ [counter]: 1, accepted: 0, inFlightBytes: 0 });
    },
  );
});

describe("the port", () => {
  test("a taken one is refused with its number, and the program that has it goes on", async () => {
    const door = await openDoor();
    const { port } = await opened(door);
    const other = grpcDoor(door.context);
    await expect(other.listen("127.0.0.1", port)).rejects.toMatchObject({
      code: "EADDRINUSE",
      port,
    });
    expect((await sent(clientOf(port), body(spanBytes(1)))).code).toBe(codes.OK);
  });

  test("a call under way is answered while the door closes, and then the port is free", async () => {
    const memory = memoryStore();
    let begin = (): void => undefined;
    let letGo = (): void => undefined;
    const began = new Promise<void>((resolve) => (begin = resolve));
    const released = new Promise<void>((resolve) => (letGo = resolve));
    const store: Store = {
      ...memory,
      put: async (batch) => {
        begin();
        await released;
        await memory.put(batch);
      },
    };
    const door = await openDoor({ store });
    const { grpc, port } = await opened(door);
    const call = sent(clientOf(port), body(spanBytes(1)));
    await began;
    const closing = grpc.close(60_000);
    letGo();
    expect((await call).code).toBe(codes.OK);
    await closing;
    const after = createServer();
    ends.push(() => void after.close());
    await new Promise<void>((resolve, reject) => {
      after.once("error", reject);
      after.listen(port, "127.0.0.1", resolve);
    });
  });
});
