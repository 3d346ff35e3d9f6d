import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { frameworks } from "../doctor/frameworks.ts";
import { frameworksPage, generatedBelow } from "./frameworks-page.ts";

const file = new URL("../../../../docs/frameworks.md", import.meta.url);
const [introduction = "", made = ""] = readFileSync(file, "utf8").split(`${generatedBelow}\n`);

test("docs/frameworks.md is what the tables say; `npm run docs:frameworks` makes it so", () => {
  expect(made).toBe(frameworksPage());
});

test("every framework has a section, and every link of the page leads somewhere", () => {
  for (const { id, title } of frameworks)
    expect(made).toContain(`<a id="${id}"></a>\n\n### ${title}\n`);
  const anchors = new Set([...made.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id));
  const links = [...`${introduction}${made}`.matchAll(/\]\(#([^)]+)\)/g)].map(([, id]) => id);
  expect(links.filter((id) => !anchors.has(id))).toEqual([]);
});
