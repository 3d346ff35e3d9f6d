import { defineConfig } from "vitest/config";

export default defineConfig({
  ssr: { resolve: { conditions: ["rootward-source", "module", "node", "import"] } },
  resolve: { conditions: ["rootward-source", "module", "node", "import"] },
  test: {
    include: [
      "packages/*/src/**/*.test.{ts,tsx}",
      "packages/*/test/**/*.test.ts",
      "simulator/src/**/*.test.ts",
      "test/**/*.test.ts",
    ],
    pool: "forks",
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
