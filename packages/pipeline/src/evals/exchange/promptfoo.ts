import { Document } from "yaml";
import type { TrialsPolicy } from "../../model/evalcase.ts";
import type { Severity } from "../../model/evalfields.ts";
import { policy } from "../../model/policy.ts";
import { trialsOf } from "../trials.ts";
import { inputObject, metadataOf } from "./exported.ts";
import type { ExportedCase, Loss } from "./exported.ts";
import { literal, promptfooAssertions, promptfooModule } from "./promptfoo-assertions.ts";
import type { PromptfooAssertion } from "./promptfoo-assertions.ts";

/** How an agent of `rootward.yaml` is reached: a program, a function of a module, or a service. */
export type PromptfooAgent = (
  | { readonly run: readonly string[] }
  | { readonly module: string; readonly export?: string; readonly nodeArgs?: readonly string[] }
  | {
      readonly url: string;
      readonly method?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly headersEnv?: Readonly<Record<string, string>>;
      readonly request?: unknown;
      readonly response?: object;
      readonly start?: {
        readonly run: readonly string[];
        readonly ready?: string;
        readonly timeoutMs: number;
      };
    }
) & {
  readonly timeoutMs: number;
  readonly env: Readonly<Record<string, string>>;
  /** The variables that take the address where recorded tools answer. */
  readonly toolUrls: readonly string[];
};

export interface PromptfooSetting {
  readonly agents: Readonly<Record<string, PromptfooAgent>>;
  /** The folder where agents run, seen from the config's own. */
  readonly folder: string;
  /** The folder of a case's file, seen from the config's own. */
  readonly folderOf: (exported: ExportedCase) => string;
  readonly trials: Partial<Record<Severity, TrialsPolicy | undefined>>;
}

/** The port of promptfoo's own receiver. Not 4318, where a Rootward server may listen. */
const receiverPort = 4328;

interface Test {
  readonly description: string;
  readonly vars: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly options: { readonly repeat: number };
  readonly threshold?: number;
  readonly assert: readonly PromptfooAssertion[];
}

/** How often promptfoo repeats a case, since each repetition must hold there. */
function repeats({ evalCase }: ExportedCase, { trials }: PromptfooSetting): number {
  const rule = trialsOf(evalCase, trials);
  if (rule.policy === "rate") return policy("exportRateRepeats");
  return rule.n ?? (evalCase.severity === "P2" ? policy("trialsP2") : policy("trialsP0"));
}

/** A short text of the input, to recognize the test by; what the agent gets stands in the metadata. */
function shownInput({ evalCase }: ExportedCase): string {
  const input = inputObject(evalCase);
  const message = input["message"];
  const text = typeof message === "string" ? message : JSON.stringify(input);
  // A text that begins so would be read from a file.
  return literal(text.startsWith("file://") ? ` ${text}` : text);
}

function agentName({ evalCase }: ExportedCase, { agents }: PromptfooSetting): string {
  return Object.hasOwn(agents, evalCase.agent) ? evalCase.agent : evalCase.workflow;
}

function testOf(exported: ExportedCase, setting: PromptfooSetting): Test {
  const { evalCase, rubric } = exported;
  const folder = setting.folderOf(exported);
  const { assertions } = promptfooAssertions(evalCase, { cases: folder });
  const judged =
    rubric === null ? [] : [{ type: "llm-rubric", value: literal(rubric), metric: "judge" }];
  const cassette = evalCase.environment?.cassette;
  return {
    description: literal(`${evalCase.id} [${evalCase.severity}] ${evalCase.title}`),
    vars: { input: shownInput(exported) },
    metadata: {
      ...metadataOf(exported),
      agent: agentName(exported, setting),
      input: evalCase.input,
      match: evalCase.environment?.match ?? "args",
      ...(cassette === undefined ? {} : { cassette: `${folder}/${cassette}` }),
      ...(evalCase.environment?.env === undefined ? {} : { env: evalCase.environment.env }),
    },
    options: { repeat: repeats(exported, setting) },
    // promptfoo scores a test with threshold 0 and never fails it.
    ...(evalCase.severity === "P2" ? { threshold: 0 } : {}),
    assert: [...assertions, ...judged],
  };
}

/** Whether promptfoo has anything to ask of a case: a test without assertions would always pass. */
export function isAskable(exported: ExportedCase): boolean {
  const { assertions } = promptfooAssertions(exported.evalCase, { cases: "." });
  return assertions.length > 0 || exported.rubric !== null;
}

/**
 * A promptfoo config with a test for each case, which runs beside `promptfooModule`: that file starts the agents, answers their tools from
 * the recordings and holds the assertions that promptfoo does not have. Cases that cannot be asked at all are left out (`promptfooLosses`
 * says so).
 *
 * @source promptfoo 0.123.1: its config schema, `file://…:name` assertions, `tracing.otlp`
 */
export function promptfooFile(cases: readonly ExportedCase[], setting: PromptfooSetting): string {
  const { agents, folder } = setting;
  const config = {
    description: "Eval cases of a repository, written by rootward",
    prompts: ["{{input}}"],
    providers: [
      {
        id: `file://${promptfooModule}`,
        label: "rootward",
        config: { agents, folder, otlp: `http://127.0.0.1:${receiverPort}` },
      },
    ],
    tracing: {
      enabled: true,
      otlp: {
        http: { enabled: true, port: receiverPort, acceptFormats: ["json", "protobuf"] },
      },
    },
    evaluateOptions: { cache: false },
    tests: cases.filter(isAskable).map((exported) => testOf(exported, setting)),
  };
  const document = new Document(config, { version: "1.2", aliasDuplicateObjects: false });
  document.commentBefore = [
    " Written by `rootward cases export --to promptfoo`; the cases in the repository are the truth, write it again instead of editing it.",
    ...cases
      .flatMap((exported) => promptfooLosses(exported, setting))
      .map(({ caseId, part, why }) => ` ${caseId} ${part}: ${why}`),
  ].join("\n");
  return document.toString({ lineWidth: 120 });
}

/** What promptfoo does not keep of a case, or does in another way. */
export function promptfooLosses(
  exported: ExportedCase,
  setting: PromptfooSetting,
): readonly Loss[] {
  const { evalCase, rubric } = exported;
  const loss = (part: string, why: string): Loss => ({ caseId: evalCase.id, part, why });
  const { losses } = promptfooAssertions(evalCase, { cases: "." });
  const all = losses.map(({ name, why }) => loss(name, why));
  if (!isAskable(exported))
    return [...all, loss("case", "left out: promptfoo can ask none of its assertions")];
  const name = agentName(exported, setting);
  return [
    ...all,
    ...(Object.hasOwn(setting.agents, name)
      ? []
      : [
          loss(
            "agent",
            `no agent ${evalCase.agent} under agents: in rootward.yaml; its tests will err`,
          ),
        ]),
    ...(evalCase.judge === undefined || rubric !== null
      ? []
      : [loss("judge", `left out: ${evalCase.judge.rubric} cannot be read`)]),
    ...(rubric === null
      ? []
      : [loss("judge", "an llm-rubric: neither votes nor calibration go along")]),
    ...(trialsOf(evalCase, setting.trials).policy === "rate"
      ? [
          loss(
            "trials",
            `repeated ${policy("exportRateRepeats")} times and each must hold: promptfoo has no sequential test`,
          ),
        ]
      : []),
    ...(evalCase.severity === "P1"
      ? [loss("severity", "fails as a P0 does: promptfoo has no overrides")]
      : []),
  ];
}
