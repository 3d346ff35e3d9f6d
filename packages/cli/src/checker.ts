import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { Worker } from "node:worker_threads";
import { compileSchema } from "@rootward/pipeline/evals/contract";
import type { SchemaCheck } from "@rootward/pipeline/evals/contract";
import { policy } from "@rootward/pipeline/model/policy";
import type { Checker } from "@rootward/pipeline/ports";
import { messageOf } from "./output.ts";

/** Runs the repository's own schemas, validators and patterns. Nothing of a trace is ever executed. */
export function newChecker(): Checker {
  const compiled = new Map<unknown, SchemaCheck>();
  return {
    schema: (schema, value, caseFile) => {
      const check = compiled.get(schema) ?? compileSchema(schemaOf(schema, caseFile));
      compiled.set(schema, check);
      return Promise.resolve(check(value));
    },
    validator: (command, output, caseFile) =>
      runValidator(command, output, dirname(resolve(caseFile))),
    matches,
  };
}

function schemaOf(schema: unknown, caseFile: string): object {
  if (typeof schema === "object" && schema !== null) return schema;
  const path = resolve(dirname(caseFile), String(schema));
  const parsed: unknown = JSON.parse(readFileSync(path, "utf8"));
  if (typeof parsed === "object" && parsed !== null) return parsed;
  throw new Error(`${path} holds no JSON Schema`);
}

function runValidator(
  command: readonly string[],
  output: string,
  folder: string,
): Promise<{ accepted: boolean; why: string }> {
  const [program = "", ...args] = command;
  return new Promise((done) => {
    const child = spawn(program, args, { cwd: folder, timeout: policy("validatorTimeoutMs") });
    let said = "";
    const hear = (chunk: Buffer) => {
      if (said.length < 2000) said += chunk.toString();
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.stdin.on("error", () => undefined);
    child.on("error", (error) => done({ accepted: false, why: messageOf(error) }));
    child.on("close", (code, signal) =>
      done({
        accepted: code === 0,
        why: said.trim().split("\n")[0] || `it ended with ${signal ?? `exit ${code}`}`,
      }),
    );
    child.stdin.end(output);
  });
}

const matcher = `
  const { parentPort, workerData } = require("node:worker_threads");
  parentPort.postMessage(new RegExp(workerData.pattern, "u").test(workerData.text));
`;

function matches(pattern: string, text: string): Promise<boolean | null> {
  return new Promise((done, refuse) => {
    const worker = new Worker(matcher, { eval: true, workerData: { pattern, text } });
    const timer = setTimeout(() => {
      void worker.terminate();
      done(null);
    }, policy("patternTimeMs"));
    worker.once("message", (matched: unknown) => {
      clearTimeout(timer);
      void worker.terminate();
      done(matched === true);
    });
    worker.once("error", (error) => {
      clearTimeout(timer);
      refuse(error);
    });
  });
}
