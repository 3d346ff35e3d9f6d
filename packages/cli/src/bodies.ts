import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { receive, signalOfProtobuf, UnreadableBody } from "@rootward/pipeline/wire/receive";
import { rowsOf } from "@rootward/pipeline/model/batch";
import type { OtlpBody } from "@rootward/pipeline/model/batch";
import { policy } from "@rootward/pipeline/model/policy";
import type { TraceId } from "@rootward/pipeline/model/ids";
import type { LogRecord, Span } from "@rootward/pipeline/model/span";
import type { TraceContent } from "@rootward/pipeline/model/span";
import { messageOf, OperatorError } from "./output.ts";

/** Files, in order of path; from a folder those that may hold what is looked for, however deep. */
interface BodyFiles {
  readonly files: readonly string[];
  /** Files that a person named: what is wrong with them is an error and not a warning. */
  readonly named: ReadonlySet<string>;
}

const bodyName = /\.(pb|json|bin)(\.gz)?$/;
const noBody = /\.headers\.json$/;

/** What is looked for in a folder: by the names of files, and in words for the message where there is none. */
interface Wanted {
  readonly name: RegExp;
  readonly what: string;
  readonly accepted: string;
}

const bodies: Wanted = {
  name: bodyName,
  what: "OTLP body",
  accepted: ".pb or .json files, each also .gz",
};

/**
 * The files behind some paths.
 *
 * @throws OperatorError  a path that does not exist, or a folder without any file that is looked for
 */
export function bodyFiles(paths: readonly string[], wanted: Wanted = bodies): BodyFiles {
  const named = new Set<string>();
  const files = paths.flatMap((path) => {
    const entry = statSync(path, { throwIfNoEntry: false });
    if (!entry) throw new OperatorError(`${path} does not exist`);
    if (!entry.isDirectory()) {
      named.add(path);
      return [path];
    }
    const found = readdirSync(path, { withFileTypes: true, recursive: true })
      .filter((one) => one.isFile() && wanted.name.test(one.name) && !noBody.test(one.name))
      .map((one) => join(one.parentPath, one.name))
      .sort();
    if (found.length === 0) {
      throw new OperatorError(`${path} holds no ${wanted.what}; expected ${wanted.accepted}`);
    }
    return found;
  });
  return { files, named };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The signal of a JSON body by its first key; null: it is JSON, yet no OTLP. */
function signalOfJson(text: string): OtlpBody["signal"] | null {
  const value: unknown = JSON.parse(text);
  if (!isObject(value)) return null;
  if ("resourceSpans" in value || "resource_spans" in value) return "traces";
  if ("resourceLogs" in value || "resource_logs" in value) return "logs";
  return "resourceMetrics" in value || "resource_metrics" in value ? "metrics" : null;
}

/**
 * The body in a file.
 *
 * @returns null for JSON that is no OTLP
 * @throws Error  if the file cannot be read, unpacked or parsed
 */
function bodyOf(file: string): OtlpBody | null {
  const raw = readFileSync(file);
  const bytes = file.endsWith(".gz") ? gunzipSync(raw) : raw;
  if (/\.json(\.gz)?$/.test(file)) {
    const signal = signalOfJson(bytes.toString("utf8"));
    return signal === null ? null : { signal, encoding: "json", bytes };
  }
  const signal = signalOfProtobuf(bytes);
  if (signal === null) throw new UnreadableBody("is no OTLP body: neither spans, logs nor metrics");
  return { signal, encoding: "protobuf", bytes };
}

/** What one file holds, decoded. */
interface Decoded {
  readonly spans: readonly Span[];
  readonly logs: readonly LogRecord[];
}

/** Reads files one after the other; what is wrong with one of a folder is a warning, with a named one an error. */
interface BodyReader {
  readonly files: readonly string[];
  /** Collected while reading, once each. */
  readonly warnings: readonly string[];
  /** Spans and log records that were refused so far. */
  readonly rejected: number;
  read(file: string): Decoded | null;
}

function newBodyReader({ files, named }: BodyFiles): BodyReader {
  const warnings: string[] = [];
  const warned = new Set<string>();
  let rejected = 0;
  const warn = (file: string, text: string) => {
    if (!warned.has(`${file}${text}`)) warnings.push(`${file}: ${text}`);
    warned.add(`${file}${text}`);
  };
  const refuse = (file: string, text: string, cause?: unknown) => {
    if (named.has(file)) throw new OperatorError(`${file}: ${text}`, 1, { cause });
    warn(file, text);
  };
  return {
    files,
    warnings,
    get rejected() {
      return rejected;
    },
    read(file) {
      try {
        const body = bodyOf(file);
        if (body === null) {
          if (named.has(file))
            throw new OperatorError(
              `${file} is JSON, yet no OTLP body; expected resourceSpans or resourceLogs`,
            );
          return null;
        }
        if (body.signal === "metrics") return null;
        const { batch, rejections } = receive(body);
        rejected += rejections.length;
        for (const { reason, at } of rejections.slice(0, 3))
          warn(file, `rejected ${at}: ${reason}`);
        if (rejections.length > 3) warn(file, `${rejections.length - 3} more rejected`);
        return rowsOf(batch);
      } catch (error) {
        if (error instanceof OperatorError) throw error;
        const what = error instanceof UnreadableBody ? "" : "cannot be read: ";
        refuse(file, `${what}${messageOf(error)}`, error);
        return null;
      }
    },
  };
}

interface ReadingOptions {
  readonly onWarning: (text: string) => void;
  readonly onProgress?: (done: number, of: number) => void;
  /** How many spans and log records were refused, once everything is read. */
  readonly onRejected?: (records: number) => void;
}

/** Everything in the files as one content: for a handful of bodies. */
export async function readContent(
  paths: readonly string[],
  { onWarning, onRejected = () => undefined }: ReadingOptions,
): Promise<TraceContent> {
  const reader = newBodyReader(bodyFiles(paths));
  const decoded = reader.files.flatMap((file) => reader.read(file) ?? []);
  for (const warning of reader.warnings) onWarning(warning);
  onRejected(reader.rejected);
  return {
    spans: decoded.flatMap(({ spans }) => spans),
    logs: decoded.flatMap(({ logs }) => logs),
  };
}

/** Where each trace ends, and which traces may make one run together. */
interface Index {
  /** The group of a trace: its smallest member. */
  readonly groupOf: ReadonlyMap<TraceId, TraceId>;
  /** The last file that holds anything of a group. */
  readonly lastFile: ReadonlyMap<TraceId, number>;
}

const conversationKeys = [
  "gen_ai.conversation.id",
  "session.id",
  "gen_ai.request.previous_response.id",
  "gen_ai.response.id",
];

function indexOf(reader: BodyReader, onProgress: (done: number, of: number) => void): Index {
  const parents = new Map<TraceId, TraceId>();
  const find = (id: TraceId): TraceId => {
    let root = id;
    for (let up = parents.get(root); up !== undefined && up !== root; up = parents.get(root))
      root = up;
    parents.set(id, root);
    return root;
  };
  const join = (a: TraceId, b: TraceId) => {
    const [one, other] = [find(a), find(b)];
    if (one !== other) parents.set(one < other ? other : one, one < other ? one : other);
  };
  const last = new Map<TraceId, number>();
  const sizes = new Map<TraceId, number>();
  const keys = new Map<TraceId, string[]>();
  for (const [position, file] of reader.files.entries()) {
    const decoded = reader.read(file);
    for (const { traceId, links, attributes } of decoded?.spans ?? []) {
      last.set(traceId, position);
      const size = (sizes.get(traceId) ?? 0) + 1;
      sizes.set(traceId, size);
      for (const link of links) join(traceId, link.traceId);
      if (size > policy("plainClientSpans")) keys.delete(traceId);
      else
        keys.set(traceId, [
          ...(keys.get(traceId) ?? []),
          ...conversationKeys
            .map((key) => attributes.get(key))
            .filter((value) => typeof value === "string"),
        ]);
    }
    for (const { traceId } of decoded?.logs ?? [])
      if (traceId !== null) last.set(traceId, position);
    onProgress(position + 1, reader.files.length * 2);
  }
  const holder = new Map<string, TraceId>();
  for (const [traceId, values] of keys) {
    for (const value of values) {
      const other = holder.get(value);
      if (other === undefined) holder.set(value, traceId);
      else join(other, traceId);
    }
  }
  const groupOf = new Map([...last.keys()].map((id) => [id, find(id)]));
  const lastFile = new Map<TraceId, number>();
  for (const [id, position] of last) {
    const group = groupOf.get(id) ?? id;
    lastFile.set(group, Math.max(lastFile.get(group) ?? 0, position));
  }
  return { groupOf, lastFile };
}

/**
 * The traces in the files, complete, one group after the other: a trace with those it is linked to. The files are read twice, first for
 * where each trace ends, so that memory holds only the traces that are open at a time, however late a span comes.
 */
export async function* traceGroups(
  paths: readonly string[],
  { onWarning, onProgress = () => undefined }: ReadingOptions,
): AsyncGenerator<TraceContent> {
  const reader = newBodyReader(bodyFiles(paths));
  const { groupOf, lastFile } = indexOf(reader, onProgress);
  const open = new Map<TraceId, { spans: Span[]; logs: LogRecord[] }>();
  const of = (id: TraceId) => {
    const group = groupOf.get(id) ?? id;
    const content = open.get(group) ?? { spans: [], logs: [] };
    open.set(group, content);
    return content;
  };
  const total = reader.files.length;
  for (const [position, file] of reader.files.entries()) {
    const decoded = reader.read(file);
    for (const span of decoded?.spans ?? []) of(span.traceId).spans.push(span);
    for (const log of decoded?.logs ?? []) if (log.traceId !== null) of(log.traceId).logs.push(log);
    for (const [group, content] of open) {
      if ((lastFile.get(group) ?? 0) > position) continue;
      open.delete(group);
      yield content;
    }
    onProgress(total + position + 1, total * 2);
    // Progress is drawn, and Ctrl-C heard, between files.
    await new Promise((done) => setImmediate(done));
  }
  for (const warning of reader.warnings) onWarning(warning);
}
