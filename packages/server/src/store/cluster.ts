import { PortError } from "@rootward/pipeline/errors";
import type { Clickhouse } from "./clickhouse.ts";
import { statementOf } from "./sql-files.ts";

/**
 * Whether the cluster is one that the tables can be spread over: every server knows it, and every server of it is named, since
 * tables are made on each by asking it. A ClickHouse that is no cluster is taken as it is.
 *
 * @throws PortError store_down  not retryable; it says what is there and what is accepted
 */
export async function checkCluster({ layout, servers }: Clickhouse): Promise<void> {
  if (layout.kind === "single") return;
  for (const { engine, where } of servers) {
    const { rows } = await engine.query(statementOf("servers-of-cluster"), {
      cluster: layout.name,
    });
    const [count, shards, known] = rows[0] ?? [];
    const why = problemOf({
      count: Number(count),
      shards: Number(shards),
      named: servers.length,
      replicated: layout.replicated,
    });
    if (why === null) continue;
    throw new PortError(
      "store_down",
      `the cluster "${layout.name}" of ROOTWARD_STORE, as ${where} knows it: ${why} (clusters it knows: ${String(known) || "none"})`,
      { retryable: false },
    );
  }
}

interface Found {
  readonly count: number;
  readonly shards: number;
  readonly named: number;
  readonly replicated: boolean;
}

function problemOf({ count, shards, named, replicated }: Found): string | null {
  if (count === 0) return "the server knows no such cluster";
  if (count !== named)
    return `the cluster has ${count} servers and ${named} are named; name every one, with the port of its HTTP interface`;
  if (count > shards && !replicated)
    return `its ${shards} shards have ${count} servers, so they have replicas; say &replicated=true`;
  return null;
}
