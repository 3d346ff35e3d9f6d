import { readFileSync } from "node:fs";
import { packageUrl } from "./package-folder.ts";

/** The version of the command, from its package. */
export function programVersion(): string {
  const text = readFileSync(packageUrl("package.json"), "utf8");
  const parsed: unknown = JSON.parse(text);
  return typeof parsed === "object" && parsed !== null && "version" in parsed
    ? String(parsed.version)
    : "unknown";
}
