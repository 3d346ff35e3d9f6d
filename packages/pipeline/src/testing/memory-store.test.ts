import { receive } from "../wire/receive.ts";
import { memoryStore } from "./memory-store.ts";
import { storeSuite } from "./store-suite.ts";

storeSuite("a store in memory", { open: async () => memoryStore(), receive });
