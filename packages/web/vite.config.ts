import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Nothing is inlined as data: the page's policy lets it load fonts and styles from its own origin only.
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  resolve: { conditions: ["rootward-source", "module", "browser", "development|production"] },
  build: {
    outDir: "dist",
    assetsInlineLimit: 0,
    target: "es2023",
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
  },
  server: { proxy: { "/api": "http://localhost:4318" } },
});
