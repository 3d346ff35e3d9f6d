import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@clickhouse/client";
import { afterAll, expect, test } from "vitest";
import { receive } from "@rootward/pipeline/wire/receive";
import { storeSuite } from "@rootward/pipeline/testing/store-suite";
import { openStore } from "./store.ts";

/** `clickhouse://host:port` of a server in which databases may be made: the suite runs there too where it is set. */
const server = process.env["ROOTWARD_TEST_CLICKHOUSE"];

const folders: string[] = [];
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "rootward-"));
  folders.push(folder);
  return folder;
}
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

if (server !== undefined)
  storeSuite("a remote ClickHouse", {
    open: async () => {
      const database = `rootward_test_${Date.now()}_${folders.length}`;
      const client = createClient({ url: server.replace(/^clickhouse/, "http") });
      await client.command({ query: `CREATE DATABASE ${database}` });
      await client.close();
      return openStore({ dataDir: newFolder(), clickhouseUrl: `${server}/${database}` });
    },
    receive,
  });

test("a remote ClickHouse that does not answer is one clear message, and may be tried again", async () => {
  const dataDir = newFolder();
  const opened = openStore({ dataDir, clickhouseUrl: "clickhouse://user:secret@127.0.0.1:1/db" });
  await expect(opened).rejects.toMatchObject({ code: "store_down", retryable: true });
  await expect(opened).rejects.not.toThrow(/secret/);
  // Nothing is left half open: the same directory opens with the embedded engine.
  await (await openStore({ dataDir })).close();
});
