import { readdirSync } from "node:fs";
import { join } from "node:path";

/** Folders that hold no file of one's own. */
const skipped = new Set(["node_modules", ".git", ".rootward"]);

/** `*` and `?` within a name, `**` over folders, `{a,b}` for either. */
function patternOf(glob: string): RegExp {
  const source = glob
    .replace(/^\.\//, "")
    .replaceAll(/\*\*\/|\*\*|\*|\?|\{|\}|,|[.+^$()|[\]\\]/g, (part, at: number, whole: string) => {
      const isInBraces = whole.lastIndexOf("{", at) > whole.lastIndexOf("}", at - 1);
      const written: Readonly<Record<string, string>> = {
        "**/": "(?:[^/]+/)*",
        "**": ".*",
        "*": "[^/]*",
        "?": "[^/]",
        "{": "(?:",
        "}": ")",
        ",": isInBraces ? "|" : ",",
      };
      return written[part] ?? `\\${part}`;
    });
  return new RegExp(`^${source}$`, "u");
}

/** The files below a folder that a glob names, with `/` between their folders, in order. Links are not followed. */
export function filesMatching(folder: string, glob: string): readonly string[] {
  const pattern = patternOf(glob);
  const fixed = /^(?:\.\/)?((?:[^*?{}/]+\/)*)/.exec(glob)?.[1] ?? "";
  return filesBelow(folder, fixed).filter((path) => pattern.test(path));
}

function filesBelow(folder: string, below: string): readonly string[] {
  let entries;
  try {
    entries = readdirSync(join(folder, below), { withFileTypes: true });
  } catch {
    return [];
  }
  return entries
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      if (entry.isFile()) return [`${below}${entry.name}`];
      return entry.isDirectory() && !skipped.has(entry.name)
        ? filesBelow(folder, `${below}${entry.name}/`)
        : [];
    });
}
