/** One rule of a CODEOWNERS file. */
interface OwnerRule {
  readonly pattern: string;
  readonly owners: readonly string[];
  readonly line: number;
}

/** Where the forges look for the file, in their order. */
export const ownerFiles = [
  ".github/CODEOWNERS",
  "CODEOWNERS",
  "docs/CODEOWNERS",
  ".gitlab/CODEOWNERS",
] as const;

function rulesOf(text: string): readonly OwnerRule[] {
  return text.split("\n").flatMap((written, index) => {
    const [pattern = "", ...owners] = written
      .replace(/(^|\s)#.*$/, "")
      .trim()
      .split(/\s+/);
    const isSection = pattern.startsWith("[") || pattern.startsWith("^[");
    return pattern === "" || isSection ? [] : [{ pattern, owners, line: index + 1 }];
  });
}

/**
 * Whether a pattern of CODEOWNERS matches a path from the top of the repository.
 *
 * @source GitHub, About code owners: the patterns of gitignore, but `docs/*` leaves out what lies deeper
 */
function matches(pattern: string, path: string): boolean {
  const isAnchored = pattern.replace(/\/$/, "").includes("/");
  const body = pattern
    .replace(/^\//, "")
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll(/\*\*\/|\*\*|\*|\?/g, (wild) =>
      wild === "**/" ? "(?:.*/)?" : wild === "**" ? ".*" : wild === "*" ? "[^/]*" : "[^/]",
    );
  const start = isAnchored ? "^" : "^(?:.*/)?";
  const end = pattern.endsWith("/") ? ".*$" : pattern.endsWith("/*") ? "$" : "(?:/.*)?$";
  return new RegExp(start + body + end).test(path);
}

/**
 * Who owns a path: the last rule that matches decides, also where it names nobody.
 *
 * @param path  from the top of the repository
 * @returns owners and line of that rule; null where none matches
 */
export function ownersOf(
  text: string,
  path: string,
): { readonly owners: readonly string[]; readonly line: number } | null {
  return rulesOf(text).findLast(({ pattern }) => matches(pattern, path)) ?? null;
}

/** Paths that stand for what the gate decides with, each with what it is. */
export function guardedPaths(dir: string, config: string): readonly string[] {
  return [
    `${dir}/cases/EC-x.yaml`,
    `${dir}/cassettes/EC-x/tool.jsonl`,
    `${dir}/rubrics/x.md`,
    `${dir}/overrides/OV-x.yaml`,
    `${dir}/closures/CL-x.yaml`,
    `${dir}/agent.lock.json`,
    config,
  ];
}
