import { execFileSync } from "node:child_process";

/** `@name`, from the option or from git, in the form that the schema accepts. */
export function personOf(option: string | undefined): string {
  const name = option ?? gitUser() ?? "unknown";
  const word = name
    .trim()
    .toLowerCase()
    .replaceAll(/[^\w./@-]+/g, "-")
    .replaceAll(/^[@-]+|-+$/g, "");
  return `@${word || "unknown"}`;
}

function gitUser(): string | null {
  try {
    return execFileSync("git", ["config", "user.name"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  } catch {
    return null;
  }
}
