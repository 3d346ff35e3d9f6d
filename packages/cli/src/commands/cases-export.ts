import type { Command } from "commander";
import { products, productNames } from "@rootward/pipeline/evals/exchange/products";
import type { ProductName } from "@rootward/pipeline/evals/exchange/products";
import type { ApiCall } from "@rootward/pipeline/evals/exchange/api";
import type { ExportedCase, Loss } from "@rootward/pipeline/evals/exchange/exported";
import { converse, rehearse, urlOf } from "../case-exchange/converse.ts";
import type { Api } from "../case-exchange/converse.ts";
import { casesToExport } from "../case-exchange/exported.ts";
import { exportFile, fileTargets, writeExport } from "../case-exchange/files.ts";
import type { FileTarget } from "../case-exchange/files.ts";
import { loadConfig } from "../config.ts";
import type { Patience } from "../import/patient.ts";
import { counted, note, OperatorError, printLine } from "../output.ts";

interface Options {
  readonly to?: string;
  readonly out?: string;
  readonly url?: string;
  readonly dataset: string;
  readonly project: string;
  readonly overwrite?: boolean;
  readonly dryRun?: boolean;
  readonly dir: string;
  readonly config?: string;
}

const targets = [...fileTargets, ...productNames];

const help = `
Keys are read from the environment: ${productNames.map((name) => products[name].keys.join(" and ")).join(", ")}.
Exporting twice changes nothing: ids are made of the cases' own. What a product has no place for is said.

  rootward cases export --to promptfoo --out promptfoo/promptfooconfig.yaml
  rootward cases export --to langfuse --dataset failure-evals --dry-run
  rootward cases export --to deepeval --out goldens.json              a file instead of Confident AI`;

/** Adds `rootward cases export`. */
export function registerExport(cases: Command): void {
  cases
    .command("export")
    .argument("[ids...]", "EC-…; without any all active cases (and, to products, retired ones)")
    .description("Writes cases for another product: a file, or a dataset by its API.")
    .option("--to <product>", targets.join(", "))
    .option("--out <file>", "promptfoo, jsonl, deepeval: the file to write; else standard output")
    .option("--url <url>", "the product's address, where it is not its own cloud")
    .option("--dataset <name>", "the dataset in the product", "failure-evals")
    .option("--project <name>", "braintrust: the project of the dataset", "rootward")
    .option("--overwrite", "deepeval: replace the goldens of a dataset that is there")
    .option("--dry-run", "print what would be written or sent; nobody is asked, no key is needed")
    .option("--dir <folder>", "where the cases are", "evals")
    .option("--config <file>", "rootward.yaml to use")
    .addHelpText("after", help)
    .action(exportCases);
}

async function exportCases(ids: string[], options: Options): Promise<void> {
  const target = targets.find((name) => name === options.to);
  if (target === undefined) {
    const given = options.to === undefined ? "is missing" : `is "${options.to}"`;
    throw new OperatorError(`--to ${given}; accepted are ${targets.join(", ")}`, 2);
  }
  const isFile = target === "promptfoo" || target === "jsonl" || options.out !== undefined;
  if (!isFile) return await toProduct(target, ids, options);
  if (target !== "promptfoo" && target !== "jsonl" && target !== "deepeval") {
    throw new OperatorError(`--out: ${target} takes no file; it is asked at its API`, 2);
  }
  if (options.url !== undefined) {
    throw new OperatorError(`--url: ${target} is written to a file; name it with --out`, 2);
  }
  toFile(target, ids, options);
}

function toFile(target: FileTarget, ids: readonly string[], options: Options): void {
  const cases = casesToExport(options.dir, ids, { withRetired: false });
  const out = options.out ?? "promptfooconfig.yaml";
  const file = exportFile(target, cases, out, loadConfig(options.config));
  const needed = file.beside.join(" and ");
  if (options.out === undefined || options.dryRun === true) {
    process.stdout.write(file.text);
    if (needed !== "") note(`rootward: it needs ${needed} beside it: --out FILE`);
  } else {
    writeExport(target, options.out, file);
    const beside = needed === "" ? "" : ` and ${needed} beside it`;
    printLine(`${options.out}${beside}: ${counted(cases.length, "case")}`);
  }
  tellLosses(file.losses);
}

async function toProduct(
  name: ProductName,
  ids: readonly string[],
  options: Options,
): Promise<void> {
  const product = products[name];
  if (product.isWhole && ids.length > 0) {
    throw new OperatorError(
      `${product.title} makes a dataset equal to what is sent, so it gets all active cases; leave out ${ids.join(", ")}`,
      2,
    );
  }
  const cases = casesToExport(options.dir, ids, { withRetired: true });
  const place = { ...options, overwrite: options.overwrite === true };
  const conversation = product.converse(cases, place);
  if (options.dryRun === true) {
    const base = addressOf(name, options.url, []) ?? "";
    for (const call of rehearse(conversation)) print(call, base);
    note(`rootward: a dry run: nothing was sent; as if ${product.title} held nothing yet`);
  } else {
    const api = apiOf(name, options.url);
    const sent = await withPatience((patience) => converse(conversation, api, patience));
    if (sent === null) {
      process.exitCode = 130;
      note("rootward: stopped; export again to go on, nothing is doubled");
      return;
    }
    printLine(
      `${product.title} at ${api.url}: dataset ${options.dataset}, ${counted(cases.length, "case")} in ${counted(sent, "request")}`,
    );
  }
  tellLosses(cases.flatMap((exported: ExportedCase) => product.losses(exported)));
}

/** Runs with Ctrl-C stopping before the next request. */
async function withPatience<T>(work: (patience: Patience) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const onInterrupt = () => {
    stop.abort();
    note("rootward: stopping after the request that is under way");
  };
  process.once("SIGINT", onInterrupt);
  try {
    return await work({ stop: stop.signal, onWait: note });
  } finally {
    process.removeListener("SIGINT", onInterrupt);
  }
}

/** `--url`, else what the product's own client would take. */
function addressOf(
  name: ProductName,
  option: string | undefined,
  keys: readonly string[],
): string | null {
  const { urls, url } = products[name];
  const given = option ?? urls.map((each) => process.env[each]).find((each) => each) ?? url(keys);
  if (given === null) return null;
  if (!/^https?:\/\//.test(given) || !URL.canParse(given)) {
    throw new OperatorError(`--url is "${given}"; expected https://HOST`, 2);
  }
  return given.replace(/\/+$/, "");
}

function apiOf(name: ProductName, option: string | undefined): Api {
  const { title, keys, keysOptional, headers, urls } = products[name];
  const values = keys.map((key) => process.env[key]?.trim() ?? "");
  const lacking = keys.filter((_, index) => values[index] === "");
  if (lacking.length > 0 && !keysOptional) {
    throw new OperatorError(
      `${lacking.join(" and ")} ${lacking.length === 1 ? "is" : "are"} not set; the keys of ${title} are read from the environment`,
      2,
    );
  }
  const url = addressOf(name, option, values);
  if (url === null) {
    throw new OperatorError(`--url is missing: the address of ${title}, or set ${urls[0]}`, 2);
  }
  return { title, url, headers: headers(values), keys: keys.join(" and ") };
}

function print({ method, path, body }: ApiCall, base: string): void {
  printLine(`${method} ${urlOf(base, path)}`);
  if (body === null) return;
  if (body.kind === "json") printLine(JSON.stringify(body.value, null, 2));
  else for (const { name, value } of body.parts) printLine(`${name}: ${JSON.stringify(value)}`);
}

const shownIds = 3;

/** What was not mapped, each sentence once with its cases. */
function tellLosses(losses: readonly Loss[]): void {
  const groups = new Map<string, Set<string>>();
  for (const { caseId, part, why } of losses) {
    const sentence = `${part}: ${why}`;
    groups.set(sentence, (groups.get(sentence) ?? new Set<string>()).add(caseId));
  }
  for (const [sentence, members] of groups) {
    const ids = [...members];
    const more = ids.length > shownIds ? ` and ${ids.length - shownIds} more` : "";
    note(`rootward: ${sentence} (${ids.slice(0, shownIds).join(", ")}${more})`);
  }
}
