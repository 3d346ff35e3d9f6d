import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { Command } from "commander";
import { parse, stringify } from "yaml";
import { draftRubric } from "@rootward/pipeline/evals/draft-rubric";
import { isObject } from "@rootward/pipeline/evals/pointer";
import { redact } from "@rootward/pipeline/evals/personal";
import { secretIn } from "@rootward/pipeline/evals/secrets";
import { EvalCase, failureClasses, severityFloor } from "@rootward/pipeline/model/evalcase";
import { changeTypes, severities } from "@rootward/pipeline/model/evalfields";
import { writeSchemas } from "../case-schemas.ts";
import { loadConfig } from "../config.ts";
import type { LoadedConfig } from "../config.ts";
import { unfailedOutputs } from "../known-bad.ts";
import { oneOf } from "../one-of.ts";
import { messageOf, note, OperatorError, printLine } from "../output.ts";
import { personOf } from "../person.ts";
import { programVersion } from "../version.ts";
import { today } from "../today.ts";

interface NewOptions {
  readonly dir: string;
  readonly title?: string;
  readonly input?: string;
  readonly agent?: string;
  readonly workflow?: string;
  readonly class?: string;
  readonly severity?: string;
  readonly assert?: readonly string[];
  readonly judge?: boolean;
  readonly knownBad?: readonly string[];
  readonly unproven?: boolean;
  readonly by?: string;
  readonly config?: string;
}

/** Adds `rootward cases new`. */
export function registerNew(cases: Command): void {
  cases
    .command("new")
    .argument("<slug>", "lower-case letters, digits and dashes: its id is EC-<slug>")
    .description("Writes a case by hand: for what no run has failed yet, such as an attack.")
    .option("--title <text>", "what must hold, 10 to 140 characters")
    .option("--input <text>", "what the agent is asked; YAML, JSON or @file where it is no text")
    .option("--assert <yaml...>", "an assertion, such as '{type: output:contains, value: 30 days}'")
    .option("--judge", "grade by a judge: writes a rubric to finish")
    .option("--known-bad <output...>", "an output that must fail, as text, YAML or JSON")
    .option("--unproven", "no such output is known: the case gates all the same, and is shown so")
    .option("--class <class>", `what a failure endangers: ${failureClasses.join(", ")}`, "quality")
    .option("--severity <P0|P1|P2>", "raise the severity that the class demands")
    .option("--agent <name>", "the agent under agents: in rootward.yaml; else the only one there")
    .option("--workflow <name>", "the workflow that is tried; else as the agent is called")
    .option("--by <name>", "who writes and owns it; else git's user.name")
    .option("--dir <folder>", "where cases go", "evals")
    .option("--config <file>", "rootward.yaml to use")
    .action(newCase);
}

async function newCase(slug: string, options: NewOptions): Promise<void> {
  const id = `EC-${slug}`;
  const path = join(resolve(options.dir), "cases", `${id}.yaml`);
  const file = relative(process.cwd(), path);
  if (existsSync(path)) throw new OperatorError(`${file} exists already: edit it`);
  const asked = needed(options);
  const written = {
    ...asked,
    input: inputOf(asked.input),
    known_bad: options.knownBad?.map((text) => valueOf("--known-bad", text)),
    assert: options.assert?.map((text) => valueOf("--assert", text)),
  };
  const secret = secretIn(JSON.stringify(written));
  if (secret !== null) {
    throw new OperatorError(`the case holds what looks like ${secret}; nothing was written`, 2);
  }
  const loaded = loadConfig(options.config);
  const evalCase = caseOf(id, options, loaded, written);
  await requireFailing(evalCase, file, loaded);
  const { value, count } = redact({ input: evalCase.input, known_bad: evalCase.known_bad ?? [] });
  mkdirSync(join(resolve(options.dir), "cases"), { recursive: true });
  const tapes = join(resolve(options.dir), "cassettes", id);
  mkdirSync(tapes, { recursive: true });
  writeFileSync(join(tapes, "none.jsonl"), "", { flag: "a" });
  writeSchemas(resolve(options.dir));
  if (options.judge) writeRubric(options.dir, evalCase);
  const clean = { ...evalCase, ...(isObject(value) ? keptKeys(evalCase, value) : {}) };
  const head = "# yaml-language-server: $schema=../schemas/eval-case.v1.schema.json\n";
  writeFileSync(path, head + stringify(clean, { lineWidth: 120 }));
  printLine(`${file}   ${evalCase.severity} (${evalCase.failure_class}), ${evalCase.status}`);
  if (count > 0) note(`${count} personal values redacted`);
  note(`Tools are replayed: add their answers to ${relative(process.cwd(), tapes)}/<tool>.jsonl.`);
  if (evalCase.status === "draft") note(`Next: finish it, then rootward cases activate ${id}`);
}

/** @throws OperatorError  exit code 2: an output of `--known-bad` that no assertion fails; the gate would refuse the case */
async function requireFailing(evalCase: EvalCase, file: string, loaded: LoadedConfig) {
  if (evalCase.judge !== undefined) return;
  const [first] = await unfailedOutputs(loaded)(evalCase, file, []);
  if (first === undefined) return;
  throw new OperatorError(`--known-bad ${first.why}; nothing was written`, 2);
}

function keptKeys(evalCase: EvalCase, redacted: Readonly<Record<string, unknown>>) {
  return {
    input: redacted["input"],
    ...(evalCase.known_bad === undefined ? {} : { known_bad: redacted["known_bad"] }),
  };
}

interface Needed {
  readonly title: string;
  readonly input: string;
}

/** @throws OperatorError  exit code 2: names everything that is missing */
function needed({ title, input, assert, judge }: NewOptions): Needed {
  const missing = [
    ...(title === undefined ? ["--title"] : []),
    ...(input === undefined ? ["--input"] : []),
    ...(assert === undefined && judge !== true ? ["--assert, or --judge"] : []),
  ];
  if (title === undefined || input === undefined || missing.length > 0) {
    throw new OperatorError(`missing: ${missing.join("; ")}`, 2);
  }
  return { title, input };
}

interface Written extends Pick<Needed, "title"> {
  readonly input: unknown;
  readonly known_bad: readonly unknown[] | undefined;
  readonly assert: readonly unknown[] | undefined;
}

/** @throws OperatorError  exit code 2: the schema refuses it, with every reason */
function caseOf(
  id: string,
  options: NewOptions,
  { config }: LoadedConfig,
  { title, ...written }: Written,
): EvalCase {
  const failureClass = oneOf("--class", options.class, failureClasses) ?? "quality";
  const agent = options.agent ?? onlyAgent(config);
  const by = personOf(options.by);
  const proven = (written.known_bad ?? []).length > 0 || options.unproven === true;
  const floor = severityFloor(failureClass, false);
  const parsed = EvalCase.safeParse({
    schema: "eval-case/v1",
    id,
    title,
    severity: oneOf("--severity", options.severity, severities) ?? floor,
    failure_class: failureClass,
    grader: options.judge ? "judge" : "assertion",
    // No run has shown which change breaks it: all may.
    run_on: changeTypes,
    status: proven && !options.judge ? "active" : "draft",
    owner: by,
    provenance: {
      origin: "written",
      created: {
        at: today(),
        by,
        tool: `rootward/${programVersion()}`,
      },
    },
    agent,
    workflow: options.workflow ?? agent,
    ...(options.unproven ? { unproven: true } : {}),
    ...(written.known_bad === undefined ? {} : { known_bad: written.known_bad }),
    input: written.input,
    environment: { cassette: `../cassettes/${id}`, match: "args" },
    assert: written.assert ?? [],
    ...(options.judge ? { judge: { rubric: `../rubrics/${id.toLowerCase()}.md`, votes: 3 } } : {}),
  });
  if (parsed.success) return parsed.data;
  const why = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new OperatorError(`${id} is no valid case: ${why.join("; ")}`, 2);
}

function onlyAgent({ agents = {} }: LoadedConfig["config"]): string {
  const names = Object.keys(agents);
  const [only] = names;
  if (only !== undefined && names.length === 1) return only;
  throw new OperatorError(
    `--agent is missing; under agents: in rootward.yaml there are ${names.join(", ") || "none"}`,
    2,
  );
}

function inputOf(text: string): unknown {
  const value = valueOf("--input", text);
  return isObject(value) || Array.isArray(value) ? value : { message: String(value) };
}

/** A text, or what it is as YAML where it is a map or a list; `@file` reads it. */
function valueOf(option: string, given: string): unknown {
  const text = given.startsWith("@") ? fileText(option, given.slice(1)) : given;
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    const value: unknown = parse(text);
    return value;
  } catch (error) {
    throw new OperatorError(`${option} ${text} is neither YAML nor JSON: ${messageOf(error)}`, 2);
  }
}

function fileText(option: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new OperatorError(`${option} @${path} cannot be read: ${messageOf(error)}`, 2);
  }
}

function writeRubric(dir: string, { id, failure_class, owner }: EvalCase): void {
  const folder = join(resolve(dir), "rubrics");
  const draft = draftRubric({
    id: id.toLowerCase(),
    failureClass: failure_class,
    inputs: ["input", "output"],
    members: [],
    clean: [],
    by: owner,
    today: today(),
  });
  const path = join(folder, `${draft.id}.md`);
  if (existsSync(path)) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, draft.text);
  note(`${relative(process.cwd(), path)}: a draft of the rubric, finish it`);
}
