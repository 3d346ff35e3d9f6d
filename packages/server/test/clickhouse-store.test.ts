import { afterAll, beforeAll } from "vitest";
import { receive } from "@rootward/pipeline/wire/receive";
import { storeSuite } from "@rootward/pipeline/testing/store-suite";
import { openClickhouse } from "../src/store/clickhouse.ts";
import { openStore } from "../src/store/store.ts";
import { startClickhouse } from "./clickhouse-child.ts";
import type { ClickhouseChild } from "./clickhouse-child.ts";
import { engineSuite } from "./engine-suite.ts";
import { newFolders } from "./folders.ts";
import { viewsSuite } from "./views-suite.ts";

const newFolder = newFolders();

let server: ClickhouseChild;
beforeAll(async () => {
  server = await startClickhouse();
});
afterAll(() => server?.remove());

const newUrl = async () => `clickhouse://${server.authority}/${await server.newDatabase()}`;
const open = async () => openStore({ dataDir: newFolder(), clickhouseUrl: await newUrl() });

engineSuite("the engine of a ClickHouse server", async () => openClickhouse(await newUrl()));

storeSuite("a ClickHouse server", { open, receive });

viewsSuite("SQL over a ClickHouse server", open);
