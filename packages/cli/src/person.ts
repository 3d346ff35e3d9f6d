import { execFileSync } from "node:child_process";
import { userInfo } from "node:os";

/** The name that who types has on this machine; null where the machine knows none, as in many containers. */
export function login(): string | null {
  try {
    return userInfo().username;
  } catch {
    return null;
  }
}

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

/** The name that git knows; null without one. */
export function gitUser(): string | null {
  try {
    return execFileSync("git", ["config", "user.name"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  } catch {
    return null;
  }
}
