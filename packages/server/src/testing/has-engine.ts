import { createRequire } from "node:module";

/** Whether the embedded engine is installed: it is an optional dependency. */
export function hasEngine(): boolean {
  try {
    createRequire(import.meta.url).resolve("chdb");
    return true;
  } catch {
    return false;
  }
}
