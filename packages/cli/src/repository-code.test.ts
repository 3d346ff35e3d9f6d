import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { newChecker } from "./checker.ts";

const folder = mkdtempSync(join(tmpdir(), "rootward-code-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const caseFile = join(folder, "EC-a.yaml");
const checker = newChecker();

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

const node = (script: string) => [process.execPath, "-e", script];
const validator = (run: readonly string[], timeout?: string) =>
  checker.validator({ run, timeout }, { text: "60 EUR", value: "60 EUR" }, caseFile);

describe("a validator is a command", () => {
  test("that accepts with exit 0 and rejects with another one, in its own words", async () => {
    const reads = `process.stdin.on("data", (text) => { if (text + "" !== "60 EUR") throw Error(text) });`;
    expect(await validator(node(reads))).toMatchObject({ kind: "pass" });
    const rejects = await validator(node(`console.log("no date"); process.exitCode = 1`));
    expect(rejects).toEqual({ kind: "fail", why: "no date" });
  });

  test("that cannot be started, hangs or is killed: an error, never a rejection", async () => {
    const lost = await validator(["no-such-program"]);
    expect(lost).toMatchObject({
      kind: "error",
      why: expect.stringContaining("could not be started"),
    });
    expect(await validator(["sh", "-c", "no-such-program"])).toMatchObject({ kind: "error" });
    const hangs = await validator(node("setTimeout(() => {}, 60000)"), "300ms");
    expect(hangs).toEqual({ kind: "error", why: "did not end within 0.3 s and was stopped" });
    const killed = await validator(node("process.kill(process.pid, 'SIGKILL')"));
    expect(killed).toEqual({ kind: "error", why: "was ended by a signal" });
  });
});

describe("a module of the repository", () => {
  const asked = (name: string) =>
    checker.module(name, { output: "60 EUR" }, { most: 50 }, caseFile);

  test("passes or fails what it is given, with its reason, and may print", async () => {
    file(
      "amount.mjs",
      `export default async ({ output }, { most }) => {
        console.log("looking");
        const amount = Number.parseInt(output);
        return { pass: amount <= most, reason: amount + " of " + most };
      };`,
    );
    expect(await asked("amount.mjs")).toEqual({ kind: "fail", why: "60 of 50" });
    expect(await checker.module("amount.mjs", { output: "40" }, { most: 50 }, caseFile)).toEqual({
      kind: "pass",
      why: "40 of 50",
    });
    expect(await asked(file("yes.mjs", "export default () => true;"))).toMatchObject({
      kind: "pass",
    });
  });

  test.each([
    [
      "prints an answer and ends otherwise",
      `export default () => { process.stdout.write('{"said":true}\\n'); process.exit(1); }`,
      "gave no answer (exit 1)",
    ],
    [
      "throws",
      `export default () => { throw new TypeError("no such key") }`,
      "TypeError: no such key",
    ],
    ["cannot be read", `export default (`, "SyntaxError"],
    ["has no function", `export const check = 1`, "no function as its default export"],
    [
      "says no boolean",
      `export default () => ({ pass: "yes" })`,
      'said {"pass":"yes"}; expected true or',
    ],
    ["says nothing", `export default () => undefined`, "said null; expected true or false"],
    ["says what is no JSON", `export default () => ({ pass: true, n: 1n })`, "no JSON"],
    ["ends the process", `export default () => process.exit(0)`, "gave no answer (exit 0)"],
    ["never answers", `export default () => new Promise(() => {})`, "gave no answer (exit 13)"],
  ])("that %s is an error, never a pass", async (what, text, sentence) => {
    const { kind, why } = await asked(file(`${what.replaceAll(" ", "-")}.mjs`, text));
    expect(why).toContain(sentence);
    expect(kind).toBe("error");
  });

  test("as a validator is given the output, and stopped when its time is over", async () => {
    const module = file("ok.mjs", "export default ({ due }) => due !== undefined;");
    const output = { text: '{"due":1}', value: { due: 1 } };
    expect(await checker.validator({ module }, output, caseFile)).toMatchObject({ kind: "pass" });
    const hanging = file("hang.mjs", "export default () => { for (;;); };");
    const hangs = await checker.validator({ module: hanging, timeout: "1s" }, output, caseFile);
    expect(hangs.kind).toBe("error");
    expect(hangs.why).toContain("did not end within 1 s");
  });
});

test("patterns run in one thread, a slow one is ended and the next one has its answer", async () => {
  const slow = checker.matches("^(a+)+$", `${"a".repeat(40)}b`);
  const others = ["\\d+ EUR", "^EUR"].map((pattern) => checker.matches(pattern, "60 EUR"));
  expect(await slow).toBeNull();
  expect(await Promise.all(others)).toEqual([true, false]);
  await expect(checker.matches("(", "x")).rejects.toThrow("Invalid regular expression");
});

test("a schema that is not there, no JSON or no schema is an error with the file's name", async () => {
  const path = file("broken.json", "{");
  await expect(checker.schema(path, {}, caseFile)).rejects.toThrow(/broken\.json is no JSON/);
  await expect(checker.schema("gone.json", {}, caseFile)).rejects.toThrow(/gone\.json cannot be/);
  await expect(checker.schema({ type: "objekt" }, {}, caseFile)).rejects.toThrow(
    /no valid JSON Schema/,
  );
  file("due.json", JSON.stringify({ required: ["due"] }));
  expect(await checker.schema("due.json", {}, caseFile)).toHaveLength(1);
});
