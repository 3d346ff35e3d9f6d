import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { schemaFiles } from "@rootward/pipeline/evals/schema-files";

/** The schemas beside the cases, so that an editor can check them. */
export function writeSchemas(folder: string): void {
  mkdirSync(join(folder, "schemas"), { recursive: true });
  for (const [name, text] of schemaFiles()) writeFileSync(join(folder, "schemas", name), text);
}
