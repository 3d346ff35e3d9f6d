import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  watch,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { deskCase } from "./testing/trying.ts";

const program = fileURLToPath(new URL("main.ts", import.meta.url));
const loader = createRequire(import.meta.url).resolve("tsx");
const root = mkdtempSync(join(tmpdir(), "rootward-ending-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Hangs with a child of its own, and says which processes these are. */
const hanging = `
  import { spawn } from "node:child_process";
  import { renameSync, writeFileSync } from "node:fs";
  const child = spawn("sleep", ["600"], { stdio: "ignore" });
  writeFileSync("pids.part", JSON.stringify([process.pid, child.pid]));
  renameSync("pids.part", "pids");
  setInterval(() => undefined, 1000);
  export default () => new Promise(() => undefined);
`;

function appears(folder: string, name: string): Promise<void> {
  return new Promise((done) => {
    const watcher = watch(folder, () => {
      if (!existsSync(join(folder, name))) return;
      watcher.close();
      done();
    });
    if (existsSync(join(folder, name))) {
      watcher.close();
      done();
    }
  });
}

/** Waits until a process is gone, which the operating system takes a moment for. */
async function gone(pid: number): Promise<boolean> {
  for (let turn = 0; turn < 200; turn += 1) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    // A process whose parent is gone waits to be collected: it no longer runs.
    if (existsSync(`/proc/${pid}/stat`) && / Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8")))
      return true;
    await new Promise((next) => setTimeout(next, 10));
  }
  return false;
}

test.each([
  ["SIGINT", 130, "command"],
  ["SIGTERM", 143, "module"],
  ["SIGHUP", 129, "http"],
] as const)(
  "%s ends the gate with %i and every process of an agent by %s",
  async (signal, code, adapter) => {
    const folder = join(root, adapter);
    mkdirSync(join(folder, "evals/cases"), { recursive: true });
    const desk = {
      command: { adapter, run: [process.execPath, "agent.mjs"] },
      module: { adapter, module: "agent.mjs" },
      http: {
        adapter,
        url: "http://127.0.0.1:9/",
        start: { run: [process.execPath, "agent.mjs"] },
      },
    }[adapter];
    writeFileSync(join(folder, "agent.mjs"), hanging);
    writeFileSync(join(folder, "rootward.yaml"), stringify({ agents: { desk } }));
    writeFileSync(join(folder, "evals/cases/EC-gift.yaml"), stringify(deskCase()));
    const gate = spawn(
      process.execPath,
      ["--conditions=rootward-source", "--import", loader, program, "gate"],
      { cwd: folder, env: { ...process.env, CI: "" }, stdio: "ignore" },
    );
    const ended = new Promise<number | null>((done) => gate.on("close", done));
    await appears(folder, "pids");
    const pids: unknown = JSON.parse(readFileSync(join(folder, "pids"), "utf8"));
    gate.kill(signal);
    expect(await ended).toBe(code);
    for (const pid of Array.isArray(pids) ? pids : []) expect(await gone(Number(pid))).toBe(true);
    expect(pids).toHaveLength(2);
  },
);
