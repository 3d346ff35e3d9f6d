import { defineConfig } from "vitest/config";
import all from "./vitest.config.ts";

/** The tests of a real cluster: apart from the others, because its servers lean on what the engine's library may stop to export. */
export default defineConfig({
  ...all,
  test: { ...all.test, include: ["packages/server/test/**/*.cluster.ts"] },
});
