import { z } from "zod";

export const changeKinds = [
  "deploy",
  "prompt",
  "model",
  "index",
  "tool_schema",
  "response_schema",
  "config",
  "provider",
] as const;
export type ChangeKind = (typeof changeKinds)[number];

/** Each kind in words. */
export const changeKindWords = {
  deploy: "deploy",
  prompt: "prompt",
  model: "model",
  index: "index",
  tool_schema: "tool definition",
  response_schema: "response shape",
  config: "configuration",
  provider: "provider notice",
} as const satisfies Record<ChangeKind, string>;

/** Words of other ledgers for the same kinds, accepted on input. */
const kindAliases: Readonly<Record<string, ChangeKind>> = {
  tool: "tool_schema",
  provider_notice: "provider",
};

/** Something that happened outside a run: a deploy, a new prompt, index, model, tool definition or response shape. */
export interface Change {
  readonly id: string;
  /** When it took effect, as told, or the start of the first run that shows it. */
  readonly atMs: number;
  readonly kind: ChangeKind;
  /** null: concerns every workflow, or every service. */
  readonly workflow: string | null;
  readonly environment: string | null;
  readonly service: string | null;
  readonly title: string;
  readonly before: string | null;
  readonly after: string | null;
  /** `spans`: derived from the runs themselves; `told`: by CLI, API or file. */
  readonly origin: "spans" | "told";
  /** Which entry of `RunDigest.versions` it was derived from. */
  readonly field: string | null;
  /** Both sides in full, where they are neither a stored text's hash nor said by `before` and `after`: the shapes of a tool's results. */
  readonly texts?: { readonly before: string | null; readonly after: string | null };
}

/** The same entry told twice is one change; another workflow, service or title is another. */
function toldId(entry: {
  readonly kind: string;
  readonly at: string;
  readonly title: string;
  readonly workflow?: string | null | undefined;
  readonly environment?: string | null | undefined;
  readonly service?: string | null | undefined;
}): string {
  const { kind, at, workflow, environment, service, title } = entry;
  const parts = [workflow, environment, service, title].map((part) => part ?? "").join("|");
  return `told-${kind}-${Date.parse(at)}-${parts}`;
}

/** One entry of a changes file or of `POST /api/changes`. Unknown keys are kept out, not refused: ledgers of others have more. */
export const ChangeInput = z
  .object({
    id: z.string().min(1).max(300).optional(),
    /** The entry's name in the ledger that it comes from: sent again under it, it replaces what was sent before. */
    externalId: z.string().min(1).max(200).optional(),
    at: z.iso.datetime({ offset: true }),
    kind: z.enum([...changeKinds, "tool", "provider_notice"]),
    service: z.string().nullish(),
    workflow: z.string().nullish(),
    environment: z.string().nullish(),
    title: z.string().min(1),
    version: z.string().nullish(),
    commit: z.string().nullish(),
    before: z.string().nullish(),
    after: z.string().nullish(),
  })
  .transform((entry): Change => ({
    id: entry.id ?? (entry.externalId === undefined ? toldId(entry) : `ext-${entry.externalId}`),
    atMs: Date.parse(entry.at),
    kind: changeKinds.find((kind) => kind === entry.kind) ?? kindAliases[entry.kind] ?? "config",
    workflow: entry.workflow ?? null,
    environment: entry.environment ?? null,
    service: entry.service ?? null,
    title: entry.title,
    before: entry.before ?? null,
    after: entry.after ?? entry.version ?? entry.commit ?? null,
    origin: "told",
    field: null,
  }));
