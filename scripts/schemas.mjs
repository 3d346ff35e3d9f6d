#!/usr/bin/env node
// Writes schemas/*.schema.json from the schemas of the code. Run through: npm run schemas
import { mkdirSync, writeFileSync } from "node:fs";
import { schemaFiles } from "@rootward/pipeline/evals/schema-files";

const folder = new URL("../schemas/", import.meta.url);
mkdirSync(folder, { recursive: true });
for (const [name, text] of schemaFiles()) writeFileSync(new URL(name, folder), text);
