import {
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  ServerInterceptingCall,
  type ServerInterceptor,
  type StatusObject,
  status as codes,
} from "@grpc/grpc-js";
import { createServer } from "node:net";
import type { OtlpBody } from "@rootward/pipeline/model/batch";
import { policy } from "@rootward/pipeline/model/policy";
import type { Context } from "./context.ts";
import { countRefusal } from "./counters.ts";
import { reserved, takeIn } from "./intake.ts";
import { exportAnswer, grpcCode, statusDetails } from "./otlp-answer.ts";
import { Problem, problemOf } from "./problem.ts";

/** OTLP/gRPC: the same bodies as OTLP/HTTP's in protobuf, taken in by the same function. */
export interface GrpcDoor {
  /** @returns the port that was opened; @throws the socket's own error, with `code` and `port` */
  listen(host: string, port: number): Promise<number>;
  /** Takes no new calls and lets those under way end, for at most so long. */
  close(withinMs: number): Promise<void>;
}

/** The three services, each with its one method. Source: opentelemetry/proto/collector, v1. */
const methods = {
  traces: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
  logs: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
  metrics: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
} as const satisfies Record<OtlpBody["signal"], string>;

type CallStatus = Parameters<ServerInterceptingCall["sendStatus"]>[0];

/** Messages stay bytes: what is in them is read as a body of OTLP/HTTP is. */
const asIs = (bytes: Buffer): Buffer => bytes;

export function grpcDoor(context: Context): GrpcDoor {
  const server = new Server({
    "grpc.max_receive_message_length": policy("bodyLimitBytes"),
    "grpc.max_concurrent_streams": policy("grpcCallsMost"),
    "grpc.enable_channelz": 0,
    interceptors: [guard(context)],
  });
  for (const signal of ["traces", "logs", "metrics"] as const) {
    server.register(methods[signal], exporting(context, signal), asIs, asIs, "unary");
  }
  // The socket is ours and not the library's, so that a taken port is said as it is for HTTP.
  const calls = server.createConnectionInjector(ServerCredentials.createInsecure());
  const sockets = createServer({ noDelay: true }, (socket) => calls.injectConnection(socket));
  return {
    listen: async (host, port) =>
      await new Promise((resolve, reject) => {
        sockets.once("error", reject);
        sockets.listen(port, host, () => {
          const address = sockets.address();
          resolve(typeof address === "object" && address !== null ? address.port : port);
        });
      }),
    close: async (withinMs) => {
      sockets.close();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => server.forceShutdown(), withinMs);
        server.tryShutdown(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    },
  };
}

function exporting(context: Context, signal: OtlpBody["signal"]): handleUnaryCall<Buffer, Buffer> {
  return (call, callback) => {
    exported(context, signal, call.request).then(
      (answer) => callback(null, answer),
      (error: unknown) => callback(refusal(context, error)),
    );
  };
}

async function exported(
  context: Context,
  signal: OtlpBody["signal"],
  bytes: Buffer,
): Promise<Buffer> {
  const release = reserved(context.counters, bytes.length);
  try {
    const { rejections } = await takeIn(context, { signal, encoding: "protobuf", bytes });
    return Buffer.from(exportAnswer(signal, "protobuf", rejections));
  } finally {
    release();
  }
}

/** Longer texts could break a client's limit of headers, which is 8 KiB in many. */
const detailsLength = 1_000;

/** Counts the refusal, and says it as a status with its details. */
function refusal({ counters }: Context, error: unknown): StatusObject {
  const { status, message, retryAfterSeconds } = problemOf(error);
  if (status === 500) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`${text}\n`);
  }
  countRefusal(counters, status);
  const said = new Problem(status, message.slice(0, detailsLength), retryAfterSeconds);
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(statusDetails(said)));
  return { code: grpcCode(status), details: said.message, metadata };
}

/**
 * Stands around every call: sets bytes aside before a message is read, so that many at once are refused while they cost nothing,
 * and gives the library's own refusals of a message their words and their place in the count.
 */
function guard(context: Context): ServerInterceptor {
  return (_method, call) => {
    context.counters.requests += 1;
    let release = (): void => undefined;
    let isRead = false;
    // What the library refuses while it reads goes to the call itself, past every interceptor.
    const end = call.sendStatus.bind(call);
    call.sendStatus = (status) => end(isRead ? status : unread(context, status));
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, proceed) => {
            try {
              release = reserved(context.counters, policy("unreadMessageBytes"));
            } catch (error) {
              isRead = true;
              call.sendStatus(refusal(context, error));
              return;
            }
            proceed(metadata);
          },
          onReceiveMessage: (message, proceed) => {
            isRead = true;
            release();
            proceed(message);
          },
          onReceiveHalfClose: (proceed) => proceed(),
          onCancel: () => release(),
        }),
    });
  };
}

/** A status that the library gave a call before it had read its message. */
function unread(context: Context, status: CallStatus): CallStatus {
  const { code, details } = status;
  const limit = policy("bodyLimitBytes");
  if (code === codes.RESOURCE_EXHAUSTED) {
    return refusal(context, new Problem(413, `${details}; at most ${limit} bytes are accepted`));
  }
  if (code === codes.INTERNAL) {
    return refusal(context, new Problem(400, `the message cannot be read: ${details}`));
  }
  if (code === codes.UNIMPLEMENTED) countRefusal(context.counters, 415);
  return status;
}
