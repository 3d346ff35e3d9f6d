import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { receive } from "@rootward/pipeline/wire/receive";
import { storeSuite } from "@rootward/pipeline/testing/store-suite";
import { openStore } from "./store.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

storeSuite("the embedded ClickHouse", {
  open: () => {
    const dataDir = mkdtempSync(join(tmpdir(), "rootward-"));
    folders.push(dataDir);
    return openStore({ dataDir });
  },
  receive,
});
