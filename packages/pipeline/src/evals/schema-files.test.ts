import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { schemaFiles } from "./schema-files.ts";

const folder = new URL("../../../../schemas/", import.meta.url);

test("the schemas in the repository are those of the code (npm run schemas writes them)", () => {
  const files = schemaFiles();
  expect(readdirSync(folder).toSorted()).toEqual([...files.keys()].toSorted());
  for (const [name, text] of files) {
    expect(JSON.parse(readFileSync(new URL(name, folder), "utf8"))).toEqual(JSON.parse(text));
  }
});

test("an editor's validator understands each of them", () => {
  for (const text of schemaFiles().values()) {
    const ajv = new Ajv2020({ strict: false });
    formats.default(ajv);
    expect(ajv.compile(JSON.parse(text))([])).toBe(false);
  }
});
