import { randomOf, type Random } from "./random.ts";

/** Everything that a run of the compliance agent calls by a name. */
export interface PolicyNames {
  readonly workflow: string;
  readonly service: string;
  readonly agent: string;
  readonly search: string;
  readonly history: string;
  readonly index: string;
  readonly intake: string;
  readonly model: ModelNames;
  readonly documents: DocumentNames;
  readonly subjects: readonly string[];
}

export interface ClaimsNames {
  readonly workflow: string;
  readonly service: string;
  readonly front: string;
  readonly handler: string;
  readonly record: string;
  readonly search: string;
  readonly intake: string;
  readonly model: ModelNames;
  readonly documents: DocumentNames;
  readonly products: readonly string[];
  readonly perils: readonly string[];
  readonly claimPrefix: string;
  readonly taskTypes: { readonly plain: string; readonly hard: string };
}

export interface RefundNames {
  readonly workflow: string;
  readonly service: string;
  readonly booking: string;
  readonly payment: string;
  readonly quote: string;
  readonly ledger: string;
  readonly model: ModelNames;
  readonly bookingPrefix: string;
  readonly paymentPrefix: string;
  /** The field of a payment that the schema change renames, and what it is called afterwards. */
  readonly field: { readonly before: string; readonly after: string };
}

export interface ModelNames {
  readonly provider: string;
  readonly requested: string;
  readonly answered: string;
  readonly build: string;
  readonly nextAnswered: string;
  readonly nextBuild: string;
}

/** How documents are called and how an answer cites one. */
export interface DocumentNames {
  readonly prefix: string;
  readonly form: "dash" | "dots" | "compact" | "letter";
  readonly cite: "brackets" | "parentheses";
}

export interface Names {
  readonly policy: PolicyNames;
  readonly claims: ClaimsNames;
  readonly refunds: RefundNames;
}

const storyNames: Names = {
  policy: {
    workflow: "policy-check",
    service: "compliance-desk",
    agent: "compliance_desk",
    search: "search_policies",
    history: "policy_history",
    index: "policies",
    intake: "case_intake.record",
    model: {
      provider: "openai",
      requested: "gpt-6-luna",
      answered: "gpt-6-luna-2026-08-14",
      build: "fp_71c0a9d2e4",
      nextAnswered: "gpt-6-luna-2026-10-30",
      nextBuild: "fp_0b95c3f718",
    },
    documents: { prefix: "HB", form: "dash", cite: "brackets" },
    subjects: [
      "retention of KYC records",
      "gifts to public officials",
      "outside employment",
      "trading in own securities",
      "suspicious activity reports",
      "screening of new vendors",
      "private phones at the desk",
      "recording of client calls",
      "cross-border data transfer",
      "politically exposed persons",
      "hospitality from suppliers",
      "conflicts of interest",
      "source of funds checks",
      "sanctions list updates",
      "whistleblower reports",
      "complaints of retail clients",
      "marketing to minors",
      "access of former employees",
      "approval of new products",
      "political donations",
      "storage of signed contracts",
      "dormant accounts",
      "remote identification",
      "third-party payments",
    ],
  },
  claims: {
    workflow: "claims-triage",
    service: "claims-api",
    front: "claims_front",
    handler: "claims_handler",
    record: "get_claim",
    search: "find_clauses",
    intake: "ledger.post",
    model: {
      provider: "openai",
      requested: "gpt-6-terra",
      answered: "gpt-6-terra-2026-07-22",
      build: "fp_5e21bb70ac",
      nextAnswered: "gpt-6-terra-2026-11-01",
      nextBuild: "fp_c4490ade13",
    },
    documents: { prefix: "GC", form: "dots", cite: "parentheses" },
    products: ["home", "motor", "travel", "liability", "bicycle"],
    perils: ["water damage", "theft", "storm", "glass breakage", "fire", "collision"],
    claimPrefix: "CLM",
    taskTypes: { plain: "single_item", hard: "multi_item" },
  },
  refunds: {
    workflow: "refund-desk",
    service: "booking-web",
    booking: "getBooking",
    payment: "getPayment",
    quote: "quoteRefund",
    ledger: "searchLedger",
    model: {
      provider: "openai",
      requested: "gpt-6-mini",
      answered: "gpt-6-mini-2026-06-18",
      build: "fp_a1807f3c55",
      nextAnswered: "gpt-6-mini-2026-11-05",
      nextBuild: "fp_39d2e60b7f",
    },
    bookingPrefix: "BK",
    paymentPrefix: "pay_",
    field: { before: "currency", after: "currency_code" },
  },
};

/** The names of the story, or with a seed other ones: no name of the story is left then. */
export function namesOf(seed: number | null): Names {
  if (seed === null) return storyNames;
  const random = randomOf(`names/${seed}`);
  return {
    policy: policyNames(random.fork("policy")),
    claims: claimsNames(random.fork("claims")),
    refunds: refundNames(random.fork("refunds")),
  };
}

function policyNames(random: Random): PolicyNames {
  const topic = random.pick(["sop", "bylaw", "statute", "standard", "guideline", "protocol"]);
  const style = styleOf(random);
  return {
    workflow: `${topic}-${random.pick(["advisor", "helpline", "answers", "clerk"])}`,
    service: `${topic}-${random.pick(["svc", "backend", "runtime"])}`,
    agent: style([random.pick(["rules", "counsel", "audit", "quality"]), "assistant"]),
    search: style([random.pick(["find", "lookup", "query", "retrieve"]), topic, "texts"]),
    history: style([random.pick(["list", "read"]), topic, "revisions"]),
    index: `${topic}-${random.pick(["corpus", "vectors", "kb"])}`,
    intake: style([random.pick(["register", "archive", "file"]), "reply"]),
    model: modelNamesOf(random, random.pick(["mistral", "openai", "anthropic"])),
    documents: documentNamesOf(random),
    subjects: shuffled(subjectsOf(random), random).slice(0, 24),
  };
}

function claimsNames(random: Random): ClaimsNames {
  const style = styleOf(random);
  const thing = random.pick(["warranty", "grievance", "permit", "grant", "damage"]);
  return {
    workflow: `${thing}-${random.pick(["flow", "routing", "desk-two", "pipeline"])}`,
    service: `${thing}-${random.pick(["core", "gateway", "worker"])}`,
    front: style([thing, random.pick(["greeter", "router", "reception"])]),
    handler: style([thing, random.pick(["specialist", "assessor", "examiner"])]),
    record: style([random.pick(["load", "open", "read"]), thing, "file"]),
    search: style([random.pick(["search", "match", "collect"]), random.pick(["terms", "rules"])]),
    intake: style([random.pick(["erp", "crm", "backoffice"]), random.pick(["accept", "import"])]),
    model: modelNamesOf(random, random.pick(["openai", "azure"])),
    documents: documentNamesOf(random),
    products: shuffled(
      ["garden", "kitchen", "office", "workshop", "marine", "campus", "depot"],
      random,
    ).slice(0, 5),
    perils: shuffled(
      ["corrosion", "misdelivery", "breakdown", "leak", "overload", "late start", "noise", "mould"],
      random,
    ).slice(0, 6),
    claimPrefix: letters(random, 3),
    taskTypes: random.pick([
      { plain: "simple", hard: "bundle" },
      { plain: "one_part", hard: "many_parts" },
      { plain: "standard", hard: "consolidated" },
    ]),
  };
}

function refundNames(random: Random): RefundNames {
  const style = styleOf(random);
  const thing = random.pick(["order", "ticket", "parcel", "stay", "rental"]);
  const money = random.pick(["charge", "invoice", "transaction", "settlement"]);
  return {
    workflow: `${thing}-${random.pick(["returns", "credit", "compensation"])}`,
    service: `${thing}-${random.pick(["shop", "portal", "front"])}`,
    booking: style([random.pick(["fetch", "show"]), thing]),
    payment: style([random.pick(["fetch", "show"]), money]),
    quote: style([random.pick(["compute", "estimate"]), "credit"]),
    ledger: style([random.pick(["scan", "browse"]), random.pick(["journal", "accounts"])]),
    model: modelNamesOf(random, "openai"),
    bookingPrefix: letters(random, 2),
    paymentPrefix: `${letters(random, 2).toLowerCase()}_`,
    field: random.pick([
      { before: "iso_currency", after: "money_unit" },
      { before: "cur", after: "cur_iso" },
      { before: "denomination", after: "denom" },
    ]),
  };
}

/** A model of a provider, and what it is called after an update. */
export function modelNamesOf(random: Random, provider: string): ModelNames {
  const requested = `${random.pick(["sol", "vega", "orion", "atlas", "lyra"])}-${random.int(2, 9)}-${random.pick(["small", "medium", "pro"])}`;
  const day = (): string => String(random.int(10, 28));
  return {
    provider,
    requested,
    answered: `${requested}-2026-0${random.int(2, 6)}-${day()}`,
    build: `fp_${random.hex(5)}`,
    nextAnswered: `${requested}-2026-1${random.int(0, 1)}-${day()}`,
    nextBuild: `fp_${random.hex(5)}`,
  };
}

/** How some team numbers its documents. */
export function documentNamesOf(random: Random): DocumentNames {
  return {
    prefix: letters(random, random.int(2, 3)),
    form: random.pick(["dash", "dots", "compact", "letter"] as const),
    cite: random.pick(["brackets", "parentheses"] as const),
  };
}

/** The id of document `number` in the form of these documents. */
export function documentId(names: DocumentNames, number: number): string {
  const digits = String(number).padStart(4, "0");
  switch (names.form) {
    case "dash":
      return `${names.prefix}-${digits}`;
    case "dots":
      return `${names.prefix}-${Number(digits.slice(0, 2)) + 1}.${Number(digits.slice(2))}`;
    case "compact":
      return `${names.prefix}${digits}`;
    case "letter":
      return `${names.prefix}-${digits}-${"ABCDEF"[number % 6] ?? "A"}`;
  }
}

/** How an answer in this form cites documents. */
export function citation(names: DocumentNames, ids: readonly string[]): string {
  return ids.map((id) => (names.cite === "brackets" ? `[${id}]` : `(${id})`)).join(" ");
}

function subjectsOf(random: Random): string[] {
  const [first, second] = random.pick([
    [
      ["cold-room", "solvent", "biopsy", "reagent", "centrifuge", "glovebox"],
      ["logs", "waste", "labels", "storage", "cleaning", "calibration"],
    ],
    [
      ["stairwell", "balcony", "cellar", "roof", "elevator", "courtyard"],
      ["access", "lighting", "rental", "insulation", "inspection", "drainage"],
    ],
    [
      ["night-shift", "overtime", "parental", "travel", "training", "remote"],
      ["leave", "pay", "notice", "records", "equipment", "approval"],
    ],
  ] as const);
  return first.flatMap((head) => second.map((tail) => `${head} ${tail}`));
}

/** How a team writes compound names. */
export function styleOf(random: Random): (words: readonly string[]) => string {
  return random.pick([
    (words: readonly string[]) => words.join("_"),
    (words: readonly string[]) =>
      words.map((word, at) => (at === 0 ? word : capital(word))).join(""),
    (words: readonly string[]) => words.join("-"),
  ]);
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

const consonants = "BDFGJKLMNPRSTVWXZ";

function letters(random: Random, count: number): string {
  let text = "";
  while (text.length < count) text += consonants.charAt(random.int(0, consonants.length - 1));
  return text;
}

/** The same things in another order. */
function shuffled<T>(list: readonly T[], random: Random): T[] {
  return list
    .map((value) => ({ value, key: random.next() }))
    .toSorted((left, right) => left.key - right.key)
    .map(({ value }) => value);
}
