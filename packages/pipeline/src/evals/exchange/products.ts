import type { Conversation } from "./api.ts";
import { braintrustLosses, toBraintrust } from "./braintrust.ts";
import { deepevalLosses, toConfident } from "./deepeval.ts";
import type { ExportedCase, Loss } from "./exported.ts";
import { langfuseLosses, toLangfuse } from "./langfuse.ts";
import { langsmithLosses, toLangsmith } from "./langsmith.ts";
import { phoenixLosses, toPhoenix } from "./phoenix.ts";

export const productNames = ["langfuse", "langsmith", "braintrust", "phoenix", "deepeval"] as const;
export type ProductName = (typeof productNames)[number];

/** Where the cases go in a product. */
export interface Place {
  readonly dataset: string;
  /** Braintrust: the project that holds the dataset. */
  readonly project: string;
  /** Confident AI: replace a dataset that is there. */
  readonly overwrite: boolean;
}

/** A product with an API that keeps datasets. */
interface Product {
  /** As it writes itself. */
  readonly title: string;
  /** Variables of the environment that hold keys, in the order that `headers` takes them. */
  readonly keys: readonly string[];
  /** Variables that hold the address, as the product's own client reads them. */
  readonly urls: readonly string[];
  /** The address where neither an option nor a variable gives one; null: it is nobody's, somebody has to say. */
  readonly url: (keys: readonly string[]) => string | null;
  /** Whether it works without keys, as a server of one's own may. */
  readonly keysOptional: boolean;
  readonly headers: (keys: readonly string[]) => Readonly<Record<string, string>>;
  readonly converse: (cases: readonly ExportedCase[], place: Place) => Conversation;
  readonly losses: (exported: ExportedCase) => readonly Loss[];
  /** Whether the dataset is made equal to what is sent, so that only all cases together may go. */
  readonly isWhole: boolean;
}

function bearer(key = ""): Readonly<Record<string, string>> {
  return key === "" ? {} : { authorization: `Bearer ${key}` };
}

/** The region is in the key. Source: deepeval 0.1.32, `inferBaseUrlFromApiKey`. */
function confidentUrl(key = ""): string {
  const region = /^confident_(eu|au)_/.exec(key)?.[1];
  return `https://${region === undefined ? "" : `${region}.`}api.confident-ai.com`;
}

/** Addresses and keys: as the clients of these products take them; see each file for the versions. */
export const products = {
  langfuse: {
    title: "Langfuse",
    keys: ["LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY"],
    urls: ["LANGFUSE_BASE_URL", "LANGFUSE_HOST"],
    url: () => "https://cloud.langfuse.com",
    keysOptional: false,
    headers: (keys) => ({
      authorization: `Basic ${Buffer.from(keys.join(":")).toString("base64")}`,
    }),
    converse: (cases, { dataset }) => toLangfuse(cases, dataset),
    losses: langfuseLosses,
    isWhole: false,
  },
  langsmith: {
    title: "LangSmith",
    keys: ["LANGSMITH_API_KEY"],
    urls: ["LANGSMITH_ENDPOINT"],
    url: () => "https://api.smith.langchain.com",
    keysOptional: false,
    headers: ([key = ""]) => ({ "x-api-key": key }),
    converse: (cases, { dataset }) => toLangsmith(cases, dataset),
    losses: langsmithLosses,
    isWhole: false,
  },
  braintrust: {
    title: "Braintrust",
    keys: ["BRAINTRUST_API_KEY"],
    urls: ["BRAINTRUST_API_URL"],
    url: () => "https://api.braintrust.dev",
    keysOptional: false,
    headers: ([key]) => bearer(key),
    converse: (cases, { dataset, project }) => toBraintrust(cases, dataset, project),
    losses: braintrustLosses,
    isWhole: false,
  },
  phoenix: {
    title: "Phoenix",
    keys: ["PHOENIX_API_KEY"],
    urls: ["PHOENIX_HOST", "PHOENIX_BASE_URL"],
    url: () => null,
    keysOptional: true,
    headers: ([key]) => bearer(key),
    converse: (cases, { dataset }) => toPhoenix(cases, dataset),
    losses: phoenixLosses,
    isWhole: true,
  },
  deepeval: {
    title: "Confident AI",
    keys: ["CONFIDENT_API_KEY"],
    urls: [],
    url: ([key]) => confidentUrl(key),
    keysOptional: false,
    headers: ([key = ""]) => ({ CONFIDENT_API_KEY: key }),
    converse: (cases, { dataset, overwrite }) => toConfident(cases, dataset, { overwrite }),
    losses: deepevalLosses,
    isWhole: true,
  },
} as const satisfies Record<ProductName, Product>;
