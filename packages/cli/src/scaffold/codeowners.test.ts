import { expect, test } from "vitest";
import { ownersOf } from "./codeowners.ts";

const owners = (text: string, path: string) => ownersOf(text, path)?.owners.join(" ") ?? null;

test.each([
  ["* @all", "evals/cases/EC-a.yaml", "@all"],
  ["/evals/ @acme/quality", "evals/cases/EC-a.yaml", "@acme/quality"],
  ["/evals @acme/quality", "evals/cases/EC-a.yaml", "@acme/quality"],
  ["evals/ @acme/quality", "packages/one/evals/cases/EC-a.yaml", "@acme/quality"],
  ["/evals/ @acme/quality", "packages/one/evals/cases/EC-a.yaml", null],
  ["evals/* @a", "evals/cases/EC-a.yaml", null],
  ["evals/* @a", "evals/agent.lock.json", "@a"],
  ["evals/** @a", "evals/cases/EC-a.yaml", "@a"],
  ["**/cases/ @a", "evals/cases/EC-a.yaml", "@a"],
  ["*.yaml @a", "evals/cases/EC-a.yaml", "@a"],
  ["# * @a", "rootward.yaml", null],
  ["* @a # all of it", "rootward.yaml", "@a"],
  ["* @a\n/evals/overrides/ @b @c", "evals/overrides/OV-a.yaml", "@b @c"],
  ["* @a\n/evals/", "evals/overrides/OV-a.yaml", ""],
  ["[Quality]\n* @a", "rootward.yaml", "@a"],
])("%j: %s", (text, path, expected) => {
  expect(owners(text, path)).toBe(expected);
});
