import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../../scripts/pack-cli.mjs", import.meta.url));

/** Packs the built command as it is published. @returns the archive */
export function packCli(folder: string): string {
  const out = join(folder, "packed");
  execFileSync(process.execPath, [script, "--out", out]);
  const name = execFileSync("npm", ["pack", "--silent"], { cwd: out, encoding: "utf8" }).trim();
  return join(out, name);
}

/** The command as it is published, unpacked. @returns its program */
export function packedProgram(folder: string): string {
  const out = join(folder, "packed");
  execFileSync(process.execPath, [script, "--out", out]);
  return join(out, "bin/rootward.mjs");
}
