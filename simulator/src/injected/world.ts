import {
  modelNamesOf,
  documentNamesOf,
  styleOf,
  type DocumentNames,
  type ModelNames,
} from "../names.ts";
import { randomOf, type Random } from "../random.ts";

export type FieldKind = "id" | "amount" | "currency" | "date" | "status" | "count" | "text";

/** A value that tools and agents pass on under one name. */
export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  /** What an id begins with, and the words of a status. */
  readonly words: readonly string[];
}

export type StageKind = "read" | "list" | "search" | "approve" | "write" | "check";

/** One call of a tool that an agent's work is made of. */
export interface Stage {
  readonly kind: StageKind;
  readonly tool: string;
  readonly description: string;
  readonly takes: readonly Field[];
  readonly gives: readonly Field[];
  /** Share of ordinary runs that make it. */
  readonly share: number;
  /** The tool that stands in where this one is down. */
  readonly backup: string | null;
}

export interface Worker {
  readonly name: string;
  readonly stages: readonly Stage[];
  /** What it hands to the next one. */
  readonly passes: readonly Field[];
}

export const worldKinds = ["answers", "orders", "relay"] as const;
export type WorldKind = (typeof worldKinds)[number];

/** A workflow drawn by seed: its agents, tools, fields and everything else that has a name. */
export interface World {
  readonly kind: WorldKind;
  readonly workflow: string;
  readonly service: string;
  /** In order of work; of the two that a relay's first agent chooses between, the kind of the case decides. */
  readonly workers: readonly Worker[];
  /** The second choice of the first agent: null where there is none. */
  readonly other: Worker | null;
  /** What a request is about, for each of the two kinds of case. */
  readonly subjects: readonly (readonly [string, readonly string[]])[];
  readonly record: Field;
  readonly output: readonly Field[];
  readonly cites: boolean;
  readonly intake: { readonly name: string; readonly flag: string; readonly list: string };
  /** A tool that the agents are told of and hardly need. */
  readonly stray: string;
  readonly model: ModelNames;
  readonly documents: DocumentNames;
  readonly index: string;
  readonly rules: readonly string[];
}

const nouns = {
  record: ["order", "booking", "permit", "ticket", "shipment", "lease", "enrolment", "repair"],
  party: ["account", "customer", "tenant", "carrier", "member", "vendor", "patient"],
  line: ["entry", "item", "charge", "position", "posting", "delivery"],
  paper: ["rules", "terms", "guides", "notes", "manuals"],
  act: ["credit", "voucher", "transfer", "slot", "notice", "dispatch"],
} as const;

const amounts = [
  "amount",
  "total_due",
  "gross",
  "net_value",
  "balance",
  "deposit",
  "fare",
] as const;
const currencies = ["currency", "iso_currency", "cur", "denomination"] as const;
const dates = ["due_on", "valid_until", "issued_on", "pickup_day", "starts_on"] as const;
const states = ["status", "phase", "tier", "priority", "method"] as const;

/** A source of names that gives each only once. */
function once(random: Random): (list: readonly string[]) => string {
  const used = new Set<string>();
  return (list) => {
    const left = list.filter((word) => !used.has(word));
    const word = random.pick(left.length > 0 ? left : list);
    used.add(word);
    return word;
  };
}

interface Drawn {
  readonly random: Random;
  readonly word: (list: readonly string[]) => string;
  readonly name: (words: readonly string[]) => string;
}

function field(kind: FieldKind, name: string, { random, word }: Drawn): Field {
  if (kind === "id") return { kind, name, words: [letters(random)] };
  if (kind !== "status") return { kind, name, words: [] };
  const words = ["open", "gold", "express", "standard", "basic", "urgent", "card", "bank", "held"];
  return { kind, name, words: [word(words), word(words), word(words)] };
}

function letters(random: Random): string {
  const all = "BDFGJKLMNPRSTVWXZ";
  return `${all.charAt(random.int(0, 16))}${all.charAt(random.int(0, 16))}`;
}

interface Fields {
  readonly record: Field;
  readonly party: Field;
  readonly receipt: Field;
  readonly amount: Field;
  readonly sum: Field;
  readonly currency: Field;
  readonly date: Field;
  readonly status: Field;
  readonly level: Field;
  readonly count: Field;
  readonly note: Field;
}

function fieldsOf(drawn: Drawn): Fields {
  const { word } = drawn;
  const record = word(nouns.record);
  const party = word(nouns.party);
  const act = word(nouns.act);
  return {
    record: field("id", `${record}_id`, drawn),
    party: field("id", `${party}_ref`, drawn),
    receipt: field("id", `${act}_no`, drawn),
    amount: field("amount", word(amounts), drawn),
    sum: field("amount", `${word(nouns.line)}_sum`, drawn),
    currency: field("currency", word(currencies), drawn),
    date: field("date", word(dates), drawn),
    status: field("status", word(states), drawn),
    level: field("status", word(states), drawn),
    count: field("count", "units", drawn),
    note: field("text", "remark", drawn),
  };
}

function stagesOf(fields: Fields, drawn: Drawn): Readonly<Record<string, Stage>> {
  const { random, word, name } = drawn;
  const stage = (kind: StageKind, tool: string, parts: Partial<Stage>): Stage => ({
    kind,
    tool,
    description: `${kind} for ${tool}`,
    takes: [],
    gives: [],
    share: 1,
    backup: null,
    ...parts,
  });
  const plain = (one: Field): string => one.name.split("_")[0] ?? one.name;
  const read = (one: Field): string => name([word(["get", "fetch", "load", "show"]), plain(one)]);
  const backup = (tool: string): string => `${tool}_${random.pick(["archive", "copy", "legacy"])}`;
  const recordTool = read(fields.record);
  const searchTool = name([word(["search", "find", "match"]), word(nouns.paper)]);
  const partyTool = read(fields.party);
  return {
    record: stage("read", recordTool, {
      takes: [fields.record],
      gives: [fields.record, fields.party, fields.status, fields.count, fields.note],
    }),
    party: stage("read", partyTool, {
      takes: [fields.party],
      gives: [fields.party, fields.amount, fields.currency, fields.date, fields.level],
      backup: backup(partyTool),
    }),
    list: stage("list", name([word(["list", "collect"]), word(nouns.line), "lines"]), {
      takes: [fields.party],
      gives: [fields.sum],
    }),
    search: stage("search", searchTool, { backup: backup(searchTool) }),
    detail: stage("read", name([word(["open", "inspect"]), "document"]), {
      takes: [fields.record],
      gives: [fields.date, fields.level],
    }),
    approve: stage("approve", name([word(["confirm", "approve"]), plain(fields.receipt)]), {
      takes: [fields.amount],
    }),
    write: stage("write", name([word(["create", "issue", "book"]), plain(fields.receipt)]), {
      takes: [fields.record, fields.amount, fields.currency, fields.date],
      gives: [fields.receipt],
    }),
    check: stage("check", name([word(["verify", "reread"]), plain(fields.receipt)]), {
      takes: [fields.receipt],
      gives: [fields.receipt],
      share: 0.7,
    }),
  };
}

function workersOf(
  kind: WorldKind,
  fields: Fields,
  drawn: Drawn,
): Pick<World, "workers" | "other" | "output"> {
  const stages = stagesOf(fields, drawn);
  const { name, word } = drawn;
  const pick = (...keys: readonly string[]): readonly Stage[] =>
    keys.flatMap((key) => stages[key] ?? []);
  const role = (...words: readonly string[]): string => name(words);
  const solo = role(word(nouns.record), word(["desk", "helper", "clerk"]));
  if (kind === "answers") {
    const passes: readonly Field[] = [];
    return {
      workers: [{ name: solo, stages: pick("search", "detail"), passes }],
      other: null,
      output: [fields.date, fields.level],
    };
  }
  if (kind === "orders") {
    const own = pick("record", "party", "list", "approve", "write", "check");
    return {
      workers: [{ name: solo, stages: own, passes: [] }],
      other: null,
      output: [
        fields.record,
        fields.amount,
        fields.sum,
        fields.currency,
        fields.date,
        fields.status,
        fields.receipt,
      ],
    };
  }
  const work = pick("search", "party");
  const { record, party, amount, currency, date } = fields;
  const passes = [record, party, amount, currency, date];
  return {
    workers: [
      {
        name: role(word(["intake", "front", "triage"]), "agent"),
        stages: pick("record"),
        passes: [fields.record, fields.party, fields.status, fields.count],
      },
      { name: role(word(["domestic", "private", "retail"]), "specialist"), stages: work, passes },
      {
        name: role(word(["settling", "closing", "booking"]), "agent"),
        stages: pick("write", "check"),
        passes: [],
      },
    ],
    other: {
      name: role(word(["foreign", "corporate", "bulk"]), "specialist"),
      stages: work,
      passes,
    },
    output: [fields.record, fields.amount, fields.currency, fields.receipt],
  };
}

const subjectWords = [
  ["leak", "noise", "mould", "draught", "corrosion", "overload", "delay", "breakage"],
  ["export", "customs", "lease", "audit", "tender", "patent", "franchise", "merger"],
] as const;

/** A world of one kind, its names drawn by seed. */
export function worldOf(kind: WorldKind, seed: number): World {
  const random = randomOf(`world/${kind}/${seed}`);
  const drawn: Drawn = { random, word: once(random), name: styleOf(random) };
  const fields = fieldsOf(drawn);
  const { workers, other, output } = workersOf(kind, fields, drawn);
  const thing = fields.record.name.split("_")[0] ?? "case";
  const flag = random.pick(["accepted", "ok", "valid"]);
  return {
    kind,
    workflow: `${thing}-${random.pick(["flow", "desk", "line", "care"])}`,
    service: `${thing}-${random.pick(["api", "worker", "gateway"])}`,
    workers,
    other,
    subjects: [
      ["private", subjectWords[0]],
      ["corporate", subjectWords[1]],
    ],
    record: fields.record,
    output,
    cites: kind !== "orders",
    intake: {
      name: `${random.pick(["erp", "crm", "ledger"])}.${random.pick(["accept", "import", "post"])}`,
      flag,
      list: random.pick(["problems", "errors", "reasons"]),
    },
    stray: drawn.name([random.pick(["browse", "query"]), random.pick(["history", "directory"])]),
    model: modelNamesOf(random, random.pick(["openai", "azure"])),
    documents: documentNamesOf(random),
    index: `${thing}-${random.pick(["kb", "docs", "corpus"])}`,
    rules: [
      `You handle requests about a ${thing}. Work step by step with the tools that you have.`,
      "Use only what the tools returned.",
      "Ask for approval before anything is written.",
      "Finish with everything that the next system needs, and with your sources where you read any.",
    ],
  };
}
