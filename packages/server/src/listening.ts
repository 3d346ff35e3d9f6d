import { serve, type ServerType } from "@hono/node-server";
import type { ServerConfig } from "./config.ts";
import type { Running } from "./running.ts";

/** Both doors open. */
export interface Listening {
  /** Where they are, for people. */
  readonly words: string;
  /** Stops accepting, lets requests end, and cuts those that take too long. */
  close(): Promise<void>;
}

/** A port could not be opened; one line that says what to do. */
export class PortUnavailable extends Error {
  constructor(message: string, cause: Error) {
    super(message, { cause });
    this.name = "PortUnavailable";
  }
}

const closeWithinMs = 5_000;

/**
 * HTTP first, then gRPC; if one cannot be opened, neither is.
 *
 * @throws PortUnavailable  naming the port and the flag that chooses it
 */
export async function listen(running: Running, config: ServerConfig): Promise<Listening> {
  const { host, port, grpcPort } = config;
  const server = await served(running, config).catch((error: unknown) => {
    throw unavailable(error, port, "--port");
  });
  const address = server.address();
  const httpPort = typeof address === "object" && address !== null ? address.port : port;
  const http = `http://${placeOf(host, httpPort)}`;
  if (grpcPort === null) return { words: http, close: async () => await closed(server) };
  try {
    const opened = await running.grpc.listen(host, grpcPort);
    return {
      words: `${http} · OTLP/gRPC on ${placeOf(host, opened)}`,
      close: async () => {
        await Promise.all([closed(server), running.grpc.close(closeWithinMs)]);
      },
    };
  } catch (error) {
    await closed(server);
    throw unavailable(error, grpcPort, "--grpc-port", " (or off)");
  }
}

function placeOf(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

async function served({ app }: Running, { host, port }: ServerConfig): Promise<ServerType> {
  return await new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: host, port }, () => resolve(server));
    server.on("error", reject);
  });
}

async function closed(server: ServerType): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => {
      if ("closeAllConnections" in server) server.closeAllConnections();
    }, closeWithinMs);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    if ("closeIdleConnections" in server) server.closeIdleConnections();
  });
}

function unavailable(error: unknown, port: number, flag: string, or = ""): unknown {
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (!(error instanceof Error)) return error;
  if (code === "EADDRINUSE") {
    return new PortUnavailable(
      `port ${port} is taken by another program; stop it, or choose another one with ${flag}${or}`,
      error,
    );
  }
  if (code === "EACCES") {
    return new PortUnavailable(
      `port ${port} may not be opened by this user; choose one above 1023 with ${flag}${or}`,
      error,
    );
  }
  return error;
}
