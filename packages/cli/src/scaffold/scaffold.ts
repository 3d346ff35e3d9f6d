import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { configSchema, schemaFiles } from "@rootward/pipeline/evals/schema-files";
import { git } from "../git.ts";
import { githubWorkflow, gitlabJob } from "./ci-files.ts";
import { guardedPaths, ownerFiles, ownersOf } from "./codeowners.ts";

/** One file of the scaffold and what becomes of it. What a person wrote is never changed, only added to. */
interface Planned {
  /** From the working folder. */
  readonly file: string;
  readonly what: "new" | "added to" | "renewed" | "kept";
  /** The whole text; null where it is kept. */
  readonly text: string | null;
}

export interface Scaffold {
  readonly files: readonly Planned[];
  /** What a person has to do yet, one line each. */
  readonly left: readonly string[];
}

interface ScaffoldInput {
  /** The folder of cases, as asked for. */
  readonly dir: string;
  /** The configuration, from the working folder. */
  readonly config: string;
  /** Who may change what the gate decides with; none where nobody said. */
  readonly owners: readonly string[];
}

/** Everything that the gate needs in a repository, beside the configuration: what is there stays. Nothing is written yet. */
export function planScaffold({ dir, config, owners }: ScaffoldInput): Scaffold {
  const top = git("rev-parse", "--show-toplevel") ?? process.cwd();
  const prefix = relative(top, process.cwd()).split(sep).join("/");
  const fromTop = (path: string) => (prefix === "" ? path : `${prefix}/${path}`);
  const atTop = (file: string) => join(relative(process.cwd(), top), file);
  const ci = ciFiles(top, prefix).map(({ file, text }) => planned(atTop(file), text));
  const guarded = [
    ...guardedPaths(fromTop(dir), fromTop(config)),
    ...ci.map(({ file }) => relative(top, join(process.cwd(), file)).split(sep).join("/")),
  ];
  const owned = ownersPlan({ top, guarded, lines: ownerLines(fromTop, dir, config, ci), owners });
  return {
    files: [
      planned(join(dir, "README.md"), readme),
      ...["cases", "overrides", "closures"].map((name) => planned(join(dir, name, ".gitkeep"), "")),
      ...[...schemaFiles(), ["rootward.v1.schema.json", configSchema()] as const].map(
        ([name, text]) => renewed(join(dir, "schemas", name), text),
      ),
      ignoring(atTop(".gitignore")),
      ...ci,
      ...owned.files.map((each) => ({ ...each, file: atTop(each.file) })),
    ],
    left: [...(existsSync(join(top, ".gitlab-ci.yml")) ? gitlabLeft(top) : []), ...owned.left],
  };
}

/** Writes what was planned. */
export function writeScaffold({ files }: Scaffold): void {
  for (const { file, text } of files) {
    if (text === null) continue;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

function planned(file: string, text: string): Planned {
  return existsSync(file) ? { file, what: "kept", text: null } : { file, what: "new", text };
}

/** A file that is ours alone: it is what this version says. */
function renewed(file: string, text: string): Planned {
  if (!existsSync(file)) return { file, what: "new", text };
  const isCurrent = readFileSync(file, "utf8") === text;
  return isCurrent ? { file, what: "kept", text: null } : { file, what: "renewed", text };
}

function added(file: string, lines: readonly string[]): Planned {
  const before = existsSync(file) ? readFileSync(file, "utf8") : "";
  const gap = before === "" || before.endsWith("\n") ? "" : "\n";
  return {
    file,
    what: before === "" ? "new" : "added to",
    text: `${before}${gap}${lines.join("\n")}\n`,
  };
}

const ignored = ".rootward/";

function ignoring(file: string): Planned {
  const before = existsSync(file) ? readFileSync(file, "utf8") : "";
  const isThere = before
    .split("\n")
    .some((line) => /^\/?(\*\*\/)?\.rootward\/?$/.test(line.trim()));
  return isThere ? { file, what: "kept", text: null } : added(file, [ignored]);
}

/** The job of the forge that the repository shows signs of; GitHub's where it shows none. */
function ciFiles(top: string, prefix: string) {
  const isGitlab = existsSync(join(top, ".gitlab-ci.yml"));
  const isGithub = existsSync(join(top, ".github")) || !isGitlab;
  return [...(isGithub ? [githubWorkflow(prefix)] : []), ...(isGitlab ? [gitlabJob(prefix)] : [])];
}

function gitlabLeft(top: string): readonly string[] {
  const { file } = gitlabJob("");
  const isIncluded = readFileSync(join(top, ".gitlab-ci.yml"), "utf8").includes(file);
  return isIncluded ? [] : [`add to .gitlab-ci.yml:  include: [{local: ${file}}]`];
}

function ownerLines(
  fromTop: (path: string) => string,
  dir: string,
  config: string,
  ci: readonly Planned[],
): readonly string[] {
  return [
    `/${fromTop(dir)}/`,
    `/${fromTop(dir)}/overrides/`,
    `/${fromTop(config)}`,
    ...ci.map(({ file }) => `/${file.replace(/^(\.\.\/)+/, "")}`),
  ];
}

interface OwnersInput {
  readonly top: string;
  readonly guarded: readonly string[];
  readonly lines: readonly string[];
  readonly owners: readonly string[];
}

const heading = "# What the gate decides with: who may change it";

/** The lines of CODEOWNERS: none where every path has an owner, and a remark where nobody said who that is. */
function ownersPlan({ top, guarded, lines, owners }: OwnersInput): Scaffold {
  const found = ownerFiles.find((file) => existsSync(join(top, file)));
  const file = found ?? ".github/CODEOWNERS";
  const text = found === undefined ? "" : readFileSync(join(top, found), "utf8");
  const open = guarded.filter((path) => (ownersOf(text, path)?.owners ?? []).length === 0);
  const review = `require review from code owners on the default branch (${file})`;
  if (open.length === 0) return { files: [{ file, what: "kept", text: null }], left: [review] };
  if (owners.length === 0) {
    const say = `say who owns ${open.length === guarded.length ? "what the gate decides with" : open.join(", ")}:  rootward init --owner @team`;
    return { files: [], left: [say, review] };
  }
  const width = Math.max(...lines.map((line) => line.length));
  const rules = lines.map((line) => `${line.padEnd(width)}  ${owners.join(" ")}`);
  const plan = addedAt(top, file, [...(text === "" ? [] : [""]), heading, ...rules]);
  return { files: [plan], left: [review] };
}

function addedAt(top: string, file: string, lines: readonly string[]): Planned {
  return { ...added(join(top, file), lines), file };
}

const readme = `# Eval cases

| | |
|---|---|
| \`cases/\` | one file a case: \`rootward cases add\` writes it; it is never deleted, see \`status: retired\` |
| \`cassettes/\` | the recorded tool results of each case |
| \`rubrics/\` | what a judge is asked, with labels |
| \`overrides/\` | who lets which failing case pass until when: \`rootward override new\` writes it |
| \`closures/\` | why a failure has no case |
| \`schemas/\` | for editors; \`rootward init\` renews them |

\`rootward gate\` tries the cases in CI; \`rootward doctor\` tells what is in force.
`;
