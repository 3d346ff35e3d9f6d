import { createReadStream } from "node:fs";
import { ClickHouseLogLevel, createClient } from "@clickhouse/client";
import type { ClickHouseClient } from "@clickhouse/client";
import { policy } from "@rootward/pipeline/model/policy";
import { answerFormat, answerOf, answerSettings, rowOf } from "./answer.ts";
import { bind } from "./bind.ts";
import type { Answer, Bounds, Engine, Parameters, Row, Segment } from "./engine.ts";
import { engineError } from "./engine-errors.ts";
import { statementOf } from "./sql-files.ts";

/** Where a remote ClickHouse is, from `clickhouse://user:password@host:port/database` (`clickhouses:` over TLS). */
function addressOf(url: string): { readonly url: string; readonly database: string } {
  const address = new URL(url.replace(/^clickhouse(s?):/, "http$1:"));
  const database = address.pathname.replace(/^\//, "") || "default";
  address.pathname = "";
  return { url: address.toString(), database };
}

function settingsOf(bounds?: Bounds) {
  const rows =
    bounds?.rowLimit === undefined
      ? {}
      : { max_result_rows: String(bounds.rowLimit), result_overflow_mode: "break" as const };
  const timeoutMs = bounds?.timeoutMs ?? policy("queryTimeoutMs");
  const memory =
    bounds?.memoryBytes === undefined ? {} : { max_memory_usage: String(bounds.memoryBytes) };
  return { ...answerSettings, ...rows, ...memory, max_execution_time: timeoutMs / 1000 };
}

/** Runs what asks the server, and says what its failure means. */
async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    throw engineError(cause, "query_failed");
  }
}

/**
 * A ClickHouse server over HTTP: the same statements, segments and tokens as the embedded one.
 *
 * @param url  `clickhouse://user:password@host:port/database`
 */
export function openClickhouse(url: string): Engine {
  const client = createClient({
    ...addressOf(url),
    request_timeout: policy("queryTimeoutMs") * 2,
    // Its errors reach whoever asked; printed as well, they would be said twice, with the statement.
    log: { level: ClickHouseLogLevel.OFF },
  });
  const query = (sql: string, parameters?: Parameters, bounds?: Bounds): Promise<Answer> =>
    asked(async () => {
      const result = await client.query({
        query: bind(sql, parameters ?? {}),
        format: answerFormat,
        clickhouse_settings: settingsOf(bounds),
      });
      return answerOf(await result.text(), bounds?.rowLimit);
    });
  return {
    query,
    stream: (sql, parameters) => streamed(client, bind(sql, parameters ?? {})),
    insertNative: (segment, token) => asked(() => post(client, segment, token)),
    ddl: async (sql, parameters) => {
      await asked(() => client.command({ query: bind(sql, parameters ?? {}) }));
    },
    stats: async () => {
      const { rows } = await query(statementOf("stats"));
      return { bytes: Number(rows[0]?.[0] ?? 0), parts: Number(rows[0]?.[1] ?? 0) };
    },
    close: () => client.close(),
  };
}

async function post(client: ClickHouseClient, segment: Segment, token: string): Promise<void> {
  const { stream } = await client.exec({
    query: `INSERT INTO ${segment.table} (${segment.columns.join(", ")}) FORMAT Native`,
    values: createReadStream(segment.path),
    clickhouse_settings: {
      insert_deduplication_token: token,
      async_insert: 0,
      max_partitions_per_insert_block: "0",
    },
  });
  stream.resume();
}

async function* streamed(client: ClickHouseClient, sql: string): AsyncGenerator<readonly Row[]> {
  const result = await asked(() =>
    client.query({ query: sql, format: "JSONCompactEachRow", clickhouse_settings: settingsOf() }),
  );
  try {
    for await (const rows of result.stream()) yield rows.map((row) => rowOf(row.text));
  } catch (cause) {
    throw engineError(cause, "query_failed");
  }
}
