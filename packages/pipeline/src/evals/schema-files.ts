import { z } from "zod";
import { Calibration } from "../model/calibration.ts";
import { AgentLock } from "../model/agent-lock.ts";
import { Closure } from "../model/closure.ts";
import { ProductionFacts } from "../model/coverage.ts";
import { EvalCase } from "../model/evalcase.ts";
import { Label } from "../model/label.ts";
import { Override } from "../model/override.ts";
import { RubricHead } from "../model/rubric.ts";
import { GateVerdict } from "../model/verdict.ts";
import { RecordedCall } from "./cassette.ts";
import { RootwardConfig } from "../model/workflow.ts";

const schemas = {
  "eval-case.v1": EvalCase,
  "override.v1": Override,
  "closure.v1": Closure,
  "rubric.v1": RubricHead,
  "label.v1": Label,
  "recorded-call.v1": RecordedCall,
  "calibration.v1": Calibration,
  "agent-lock.v1": AgentLock,
  "coverage.v1": ProductionFacts,
  "gate-result.v1": GateVerdict,
} as const;

/**
 * The JSON Schemas of the files under `evals/`, for editors (of a rubric its front matter, of labels and recordings one line), and of what the gate
 * writes, for whoever reads it: file name → text. Rules across keys (the least severity of a
 * failure class, how long an override may last) are not in them; `rootward gate` checks these.
 */
export function schemaFiles(): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(schemas).map(([name, schema]) => {
      const text = JSON.stringify(z.toJSONSchema(schema, { io: "input" }), null, 2);
      return [`${name}.schema.json`, `${text}\n`];
    }),
  );
}

/** The JSON Schema of `rootward.yaml`, for editors. */
export function configSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(RootwardConfig, { io: "input" }), null, 2)}\n`;
}
