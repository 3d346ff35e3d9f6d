import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { parse } from "yaml";

const program = fileURLToPath(new URL("main.ts", import.meta.url));
const loader = createRequire(import.meta.url).resolve("tsx");
const root = mkdtempSync(join(tmpdir(), "rootward-init-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A new repository with some files. */
function repository(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(root, "r"));
  spawnSync("git", ["init", "-q", "-b", "main"], { cwd: folder });
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  return folder;
}

function init(folder: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--conditions=rootward-source", "--import", loader, program, "init", ...args],
    // A port on which nobody listens: no server is asked.
    { cwd: folder, encoding: "utf8", env: { ...process.env, ROOTWARD_URL: "" } },
  );
  return { code: status, text: stdout + stderr };
}

function everything(folder: string): Readonly<Record<string, string>> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes(".git/"))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.startsWith(join(folder, ".git", "")));
  return Object.fromEntries(files.map((path) => [path, readFileSync(path, "utf8")]));
}

test("an empty repository gets folder, schemas, configuration, workflow; without an owner CODEOWNERS is left to a person", () => {
  const folder = repository();
  const { code, text } = init(folder);
  expect(text).toMatch(/new +rootward\.yaml/);
  expect(text).toContain("say who owns what the gate decides with:  rootward init --owner @team");
  expect(code).toBe(0);
  for (const file of ["evals/cases", "evals/overrides", "evals/schemas/rootward.v1.schema.json"]) {
    expect(existsSync(join(folder, file))).toBe(true);
  }
  const workflow: unknown = parse(
    readFileSync(join(folder, ".github/workflows/rootward.yml"), "utf8"),
  );
  expect(workflow).toMatchObject({
    on: { pull_request: {}, merge_group: {} },
    jobs: { gate: { steps: [{ with: { "fetch-depth": 0 } }, {}, {}, {}, { if: "always()" }] } },
  });
  expect(existsSync(join(folder, ".github/CODEOWNERS"))).toBe(false);
});

test("a second time nothing changes, and what a person wrote is kept or only added to", () => {
  const folder = repository({
    "rootward.yaml": "agents: {}\n",
    ".gitignore": "dist",
    ".github/workflows/rootward.yml": "name: mine\n",
    CODEOWNERS: "*.md @docs\n",
  });
  const first = init(folder, "--owner", "@acme/quality", "@acme/compliance");
  expect(first.text).toMatch(/added to +CODEOWNERS/);
  expect(first.code).toBe(0);
  const before = everything(folder);
  expect(readFileSync(join(folder, "rootward.yaml"), "utf8")).toBe("agents: {}\n");
  expect(readFileSync(join(folder, ".github/workflows/rootward.yml"), "utf8")).toBe("name: mine\n");
  expect(readFileSync(join(folder, ".gitignore"), "utf8")).toBe("dist\n.rootward/\n");
  const owners = readFileSync(join(folder, "CODEOWNERS"), "utf8");
  expect(owners).toMatch(/^\*\.md @docs\n/);
  expect(owners).toMatch(/^\/evals\/overrides\/ +@acme\/quality @acme\/compliance$/m);
  expect(init(folder, "--owner", "@acme/quality").text).toMatch(/^kept +\d+ files as they are$/m);
  expect(everything(folder)).toEqual(before);
});

test("in a folder of a larger repository the job and the owners stand at its top", () => {
  const folder = repository({ "apps/desk/package.json": "{}", ".gitlab-ci.yml": "stages: []\n" });
  const { text } = init(join(folder, "apps/desk"), "--owner", "@acme/quality");
  expect(text).toContain("include: [{local: .gitlab/rootward.yml}]");
  expect(existsSync(join(folder, "apps/desk/evals/cases"))).toBe(true);
  expect(readFileSync(join(folder, ".gitlab/rootward.yml"), "utf8")).toContain("cd apps/desk");
  expect(existsSync(join(folder, ".github/workflows"))).toBe(false);
  expect(readFileSync(join(folder, ".github/CODEOWNERS"), "utf8")).toContain("/apps/desk/evals/ ");
});

test("--dry-run tells and prints and writes nothing; an owner that is none is refused", () => {
  const folder = repository();
  const { code, text } = init(folder, "--dry-run");
  expect(text).toContain("rootward.yaml would be:");
  expect(code).toBe(0);
  expect(everything(folder)).toEqual({});
  const wrong = init(folder, "--owner", "quality");
  expect(wrong.text).toContain('--owner is "quality"; expected @name');
  expect(wrong.code).toBe(2);
  expect(everything(folder)).toEqual({});
});

test("a server that was named and does not answer is an error; a malformed configuration is told first", () => {
  const folder = repository();
  expect(init(folder, "--url", "http://127.0.0.1:9").code).toBe(1);
  const wrong = repository({ "rootward.yaml": "agnets: {}\n" });
  const { code, text } = init(wrong);
  expect(text).toMatch(/rootward\.yaml:1:1: unknown key "agnets"/);
  expect(code).toBe(2);
  expect(existsSync(join(wrong, "evals"))).toBe(false);
});
