import { join, relative, resolve } from "node:path";
import { isMap, parseDocument } from "yaml";
import { readCase } from "@rootward/pipeline/evals/casefile";
import type { StoredCase } from "@rootward/pipeline/evals/ratchet";
import { parseYaml } from "@rootward/pipeline/evals/yaml";
import { Closure } from "@rootward/pipeline/model/closure";
import { RootwardConfig } from "@rootward/pipeline/model/workflow";
import type { CaseStore } from "./case-store.ts";
import type { LoadedConfig } from "./config.ts";
import { fromTop } from "./earlier-files.ts";
import { objectOnDisk, objectsAt, textsOf } from "./git.ts";
import type { Objects } from "./git.ts";

/** The folder of cases as it was at a commit. */
export interface EarlierStore {
  readonly objects: Objects;
  /** Whether a path from the top of the repository, if it was there, is among the objects. */
  readonly isListed: (path: string) => boolean;
  readonly cases: readonly StoredCase[];
  /** Cases that this version cannot read as they were. */
  readonly unread: readonly { readonly id: string; readonly file: string }[];
  /** Closures that are no longer what they were, as they were. */
  readonly closures: readonly Closure[];
  /** Ids of cases and closures whose file stands now and cannot be read. */
  readonly unreadable: ReadonlySet<string>;
  /** `{}` where there was none, or none that can be read: only the defaults are known to have been allowed. */
  readonly config: RootwardConfig;
  /** Whether a file, relative to the working folder, is what it was. */
  readonly isSame: (file: string) => boolean;
}

/** A commit, and what is listed of it beside the folder of cases and the configuration. */
interface Asked {
  readonly top: string;
  readonly commit: string;
  readonly also: readonly string[];
}

/** What stood at a commit: one `git ls-tree`, and one `git cat-file --batch` for what is another now. */
export function earlierStore(
  { top, commit, also }: Asked,
  store: CaseStore,
  loaded: LoadedConfig,
): EarlierStore {
  const folder = fromTop(top, resolve(store.folder)) ?? "evals";
  const config = loaded.path === null ? null : fromTop(top, resolve(loaded.path));
  const asked = new Set([folder, ...(config === null ? [] : [config]), ...also]);
  const objects = objectsAt(commit, [...asked]);
  const isSamePath = (path: string): boolean => {
    const object = objects.get(path);
    return object !== undefined && objectOnDisk(join(top, path), object) === object;
  };
  const records = [...objects.keys()].flatMap((path): Placed[] => {
    const kind = kinds.find((each) => isYamlIn(`${folder}/${each}/`, path));
    return kind ? [{ kind, path, file: relative(process.cwd(), join(top, path)) }] : [];
  });
  const same = new Set(records.filter(({ path }) => isSamePath(path)).map(({ file }) => file));
  const others = records.filter(({ file }) => !same.has(file));
  const isConfigSame = config !== null && isSamePath(config);
  const read = [
    ...others.map(({ path }) => path),
    ...(config === null || isConfigSame ? [] : [config]),
  ];
  const texts = textsOf(read.flatMap((path) => objects.get(path) ?? []));
  const textOf = (path: string | null) => texts.get(objects.get(path ?? "") ?? "") ?? null;
  return {
    objects,
    isListed: (path) => asked.has(path) || path.startsWith(`${folder}/`),
    isSame: (file) => same.has(file),
    config: isConfigSame ? loaded.config : configAt(textOf(config)),
    ...recordsOf(
      others.map((record) => ({ ...record, text: textOf(record.path) ?? "" })),
      store,
      same,
    ),
  };
}

const kinds = ["cases", "closures", "overrides"] as const;

/** A file of the folder at the commit. */
interface Placed {
  readonly kind: (typeof kinds)[number];
  readonly path: string;
  /** Relative to the working folder. */
  readonly file: string;
}

/** The cases and closures of the commit: those that are what they were from the store, the others from their texts. */
function recordsOf(
  others: readonly (Placed & { readonly text: string })[],
  store: CaseStore,
  same: ReadonlySet<string>,
): Pick<EarlierStore, "cases" | "unread" | "closures" | "unreadable"> {
  const cases = others
    .filter(({ kind }) => kind === "cases")
    .map(({ text, file }) => ({ text, file, parsed: readCase(text, file) }));
  const closures = others.filter(({ kind }) => kind === "closures");
  const isWrong = (file: string) =>
    store.problems.some((problem) => problem.startsWith(`${file}:`));
  return {
    cases: [
      ...store.cases.filter(({ file }) => same.has(file)),
      ...cases.flatMap(({ parsed, file }) => (parsed.ok ? [{ evalCase: parsed.value, file }] : [])),
    ],
    unread: cases
      .filter(({ parsed }) => !parsed.ok)
      .map(({ text, file }) => ({ id: idIn(text) ?? file, file })),
    closures: closures.flatMap(({ text, file }) => {
      const parsed = parseYaml(text, file, Closure);
      return parsed.ok ? [parsed.value] : [];
    }),
    unreadable: new Set(
      [...cases, ...closures]
        .filter(({ file }) => isWrong(file))
        .map(({ text, file }) => idIn(text) ?? file),
    ),
  };
}

function isYamlIn(folder: string, path: string): boolean {
  return path.startsWith(folder) && /^[^/]+\.ya?ml$/.test(path.slice(folder.length));
}

/** The `id` of a record, whatever else stands in it. */
function idIn(text: string): string | null {
  const { contents } = parseDocument(text);
  const id: unknown = isMap(contents) ? contents.get("id") : null;
  return typeof id === "string" ? id : null;
}

function configAt(text: string | null): RootwardConfig {
  if (text === null) return {};
  const parsed = parseYaml(text, "rootward.yaml", RootwardConfig);
  return parsed.ok ? parsed.value : {};
}
