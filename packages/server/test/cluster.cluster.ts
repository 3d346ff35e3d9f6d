import { afterAll, beforeAll } from "vitest";
import { receive } from "@rootward/pipeline/wire/receive";
import { storeSuite } from "@rootward/pipeline/testing/store-suite";
import { openClickhouse } from "../src/store/clickhouse.ts";
import { openStore } from "../src/store/store.ts";
import { startCluster } from "./clickhouse-child.ts";
import type { ClickhouseChild } from "./clickhouse-child.ts";
import { engineSuite } from "./engine-suite.ts";
import { newFolders } from "./folders.ts";
import { viewsSuite } from "./views-suite.ts";

const newFolder = newFolders();

let shards: readonly ClickhouseChild[];
beforeAll(async () => {
  shards = await startCluster("three", 3);
});
afterAll(() => Promise.all((shards ?? []).map((shard) => shard.remove())));

async function newUrl(): Promise<string> {
  const [database] = await Promise.all(shards.map((shard) => shard.newDatabase()));
  const [first] = shards;
  if (first === undefined) throw new Error("no shard");
  const hosts = shards.map(({ httpPort }) => `127.0.0.1:${httpPort}`).join(",");
  const credentials = first.authority.slice(0, first.authority.indexOf("@"));
  return `clickhouse://${credentials}@${hosts}/${database}?cluster=three`;
}
const open = async () => openStore({ dataDir: newFolder(), clickhouseUrl: await newUrl() });

engineSuite("the engine of a cluster of three shards", async () => openClickhouse(await newUrl()));

storeSuite("a cluster of three shards", { open, receive });

viewsSuite("SQL over a cluster of three shards", open);
