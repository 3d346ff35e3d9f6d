import { receive } from "@rootward/pipeline/wire/receive";
import { storeSuite } from "@rootward/pipeline/testing/store-suite";
import { openChdb } from "../src/store/chdb.ts";
import { openStore } from "../src/store/store.ts";
import { engineSuite } from "./engine-suite.ts";
import { newFolders } from "./folders.ts";
import { viewsSuite } from "./views-suite.ts";

const newFolder = newFolders();

engineSuite("the embedded engine", async () => {
  const where = newFolder();
  const engine = await openChdb(where);
  return { engine, layout: { kind: "single" }, servers: [{ engine, where }] };
});

storeSuite("the embedded ClickHouse", {
  open: () => openStore({ dataDir: newFolder() }),
  receive,
});

viewsSuite("SQL over the embedded ClickHouse", () => openStore({ dataDir: newFolder() }));
