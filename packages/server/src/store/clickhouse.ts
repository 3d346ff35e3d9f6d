import { createReadStream } from "node:fs";
import { ClickHouseLogLevel, createClient } from "@clickhouse/client";
import type { ClickHouseClient } from "@clickhouse/client";
import { PortError } from "@rootward/pipeline/errors";
import { policy } from "@rootward/pipeline/model/policy";
import { answerFormat, answerOf, answerSettings, insertSettings, rowOf } from "./answer.ts";
import { bind } from "./bind.ts";
import { clickhouseAddress } from "./clickhouse-address.ts";
import type { ClickhouseAddress } from "./clickhouse-address.ts";
import type { Answer, Bounds, Engine, Parameters, Row, Segment } from "./engine.ts";
import { engineError } from "./engine-errors.ts";
import type { Layout } from "./layout.ts";
import { statementOf } from "./sql-files.ts";

/** One server of a ClickHouse. */
interface Server {
  readonly client: ClickHouseClient;
  readonly layout: Layout;
  /** For people: where it is, who asks, in which database. */
  readonly name: string;
  readonly username: string;
  readonly database: string;
}

/** On a cluster: an insert is over when every shard has its rows, an answer is never a part of one, and shards ask all of a table. */
const clusterSettings = {
  insert_distributed_sync: 1,
  skip_unavailable_shards: 0,
  distributed_product_mode: "global",
} as const;

function layoutSettings(layout: Layout) {
  return layout.kind === "single" ? {} : clusterSettings;
}

function settingsOf(layout: Layout, bounds?: Bounds) {
  const rows =
    bounds?.rowLimit === undefined
      ? {}
      : { max_result_rows: String(bounds.rowLimit), result_overflow_mode: "break" as const };
  const timeoutMs = bounds?.timeoutMs ?? policy("queryTimeoutMs");
  const memory =
    bounds?.memoryBytes === undefined ? {} : { max_memory_usage: String(bounds.memoryBytes) };
  const limits = { ...rows, ...memory, max_execution_time: timeoutMs / 1000 };
  return { ...answerSettings, ...layoutSettings(layout), ...limits };
}

/** What stands before the server's own message, by the server's name of the error. */
const prefaces: readonly (readonly [RegExp, (server: Server) => string])[] = [
  [
    /AUTHENTICATION_FAILED|REQUIRED_PASSWORD/,
    ({ name, username }) => `the ClickHouse at ${name} does not let the user "${username}" in`,
  ],
  [
    /UNKNOWN_DATABASE/,
    ({ name, database }) =>
      `the ClickHouse at ${name} has no database "${database}"; make it, or name another one`,
  ],
  [
    /ALL_CONNECTION_TRIES_FAILED|NETWORK_ERROR|SOCKET_TIMEOUT|ALL_REPLICAS_LOST/,
    ({ name }) => `the ClickHouse at ${name} does not reach a shard of its cluster`,
  ],
];

function remoteError(server: Server, cause: unknown): PortError {
  const error = engineError(cause, "query_failed");
  if (error.code !== "store_down") return error;
  const type = cause instanceof Error && "type" in cause ? String(cause.type) : "";
  const preface = prefaces.find(([matches]) => matches.test(type))?.[1](server);
  return new PortError(
    error.code,
    `${preface ?? `the ClickHouse at ${server.name} does not answer`}: ${error.message}`,
    { retryable: error.retryable, cause },
  );
}

/** Runs what asks the server, and says what its failure means. */
async function asked<T>(server: Server, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    throw remoteError(server, cause);
  }
}

function serverOf(url: string, address: ClickhouseAddress): Server {
  const { username, password, database, layout } = address;
  const client = createClient({
    url,
    username,
    password,
    database,
    request_timeout: policy("queryTimeoutMs") * 2,
    // Its errors reach whoever asked; printed as well, they would be said twice, with the statement.
    log: { level: ClickHouseLogLevel.OFF },
  });
  return { client, layout, name: new URL(url).host, username, database };
}

/** A ClickHouse, and each server on which its tables must be made. */
export interface Clickhouse {
  readonly engine: Engine;
  readonly layout: Layout;
  /** `where` is for people. */
  readonly servers: readonly { readonly engine: Engine; readonly where: string }[];
}

/**
 * A ClickHouse server over HTTP, or a cluster of them: the same statements, segments and tokens as the embedded one.
 *
 * @param url  as `clickhouseAddress` reads it
 * @throws TypeError  if the URL is none; nothing is asked yet
 */
export function openClickhouse(url: string): Clickhouse {
  const address = clickhouseAddress(url);
  const servers = address.servers.map((each) => serverOf(each, address));
  const engines = servers.map(engineOf);
  const [first] = engines;
  if (first === undefined) throw new Error("an address without a server");
  const closeAll = async () => void (await Promise.all(engines.map((engine) => engine.close())));
  return {
    engine: { ...first, close: closeAll },
    layout: address.layout,
    servers: engines.map((engine, at) => ({
      engine,
      where: `the database "${address.database}" at ${servers[at]?.name ?? ""}`,
    })),
  };
}

function engineOf(server: Server): Engine {
  const { client, layout } = server;
  const query = (sql: string, parameters?: Parameters, bounds?: Bounds): Promise<Answer> =>
    asked(server, async () => {
      const result = await client.query({
        query: bind(sql, parameters ?? {}),
        format: answerFormat,
        clickhouse_settings: settingsOf(layout, bounds),
      });
      return answerOf(await result.text(), bounds?.rowLimit);
    });
  return {
    query,
    stream: (sql, parameters) => streamed(server, bind(sql, parameters ?? {})),
    insertNative: (segment, token) => asked(server, () => post(server, segment, token)),
    check: async () => undefined,
    ddl: async (sql, parameters) => {
      await asked(server, () => client.command({ query: bind(sql, parameters ?? {}) }));
    },
    stats: async () => {
      const { rows } =
        layout.kind === "single"
          ? await query(statementOf("stats"))
          : await query(statementOf("stats-of-cluster"), { cluster: layout.name });
      return { bytes: Number(rows[0]?.[0] ?? 0), parts: Number(rows[0]?.[1] ?? 0) };
    },
    close: () => client.close(),
  };
}

async function post({ client, layout }: Server, segment: Segment, token: string): Promise<void> {
  const values = createReadStream(segment.path);
  try {
    const { stream } = await client.exec({
      query: `INSERT INTO ${segment.table} (${segment.columns.join(", ")}) FORMAT Native`,
      values,
      clickhouse_settings: {
        ...layoutSettings(layout),
        ...insertSettings,
        insert_deduplication_token: token,
      },
    });
    // The insert is over when the answer is: an error may still stand in it.
    for await (const chunk of stream) void chunk;
  } finally {
    values.destroy();
  }
}

async function* streamed(server: Server, sql: string): AsyncGenerator<readonly Row[]> {
  const { client, layout } = server;
  const result = await asked(server, () =>
    client.query({
      query: sql,
      format: "JSONCompactEachRow",
      clickhouse_settings: settingsOf(layout),
    }),
  );
  try {
    for await (const rows of result.stream()) yield rows.map((row) => rowOf(row.text));
  } catch (cause) {
    throw remoteError(server, cause);
  }
}
