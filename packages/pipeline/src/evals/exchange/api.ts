/** What is sent with a request. `parts`: multipart/form-data, each part as JSON. */
export type ApiBody =
  | { readonly kind: "json"; readonly value: unknown }
  | {
      readonly kind: "parts";
      readonly parts: readonly { readonly name: string; readonly value: unknown }[];
    };

/** One request to a product's API, without its address and its keys. */
export interface ApiCall {
  readonly method: "GET" | "POST" | "PATCH";
  /** Begins with a slash; with its query. */
  readonly path: string;
  readonly body: ApiBody | null;
  /** Statuses beside 200 to 299 that are an answer and no refusal. */
  readonly also: readonly number[];
  /** Taken for its answer where nothing is sent: as if the product were empty. */
  readonly supposed: unknown;
}

export interface ApiAnswer {
  readonly status: number;
  /** The body parsed as JSON; as text where it is none. */
  readonly value: unknown;
}

/**
 * The requests of one export, each yielded and answered before the next: who runs it does the sending. Repeating it changes nothing.
 *
 * Throws ApiRefusal where an answer makes going on pointless.
 */
export type Conversation = Generator<ApiCall, void, ApiAnswer>;

/** An answer that a person must do something about; the message says what. */
export class ApiRefusal extends Error {
  override readonly name = "ApiRefusal";
}

/** A request with a JSON body. */
export function post(path: string, value: unknown, supposed: unknown = {}): ApiCall {
  return { method: "POST", path, body: { kind: "json", value }, also: [], supposed };
}

/** The string under a key of an answer. @throws ApiRefusal  it is not there, so this is no such API */
export function textIn({ value }: ApiAnswer, key: string, what: string): string {
  if (typeof value === "object" && value !== null) {
    const found = new Map<string, unknown>(Object.entries(value)).get(key);
    if (typeof found === "string" && found !== "") return found;
  }
  throw new ApiRefusal(`${what} was answered without "${key}": is --url the address of the API?`);
}

/** Lists of at most `size`, in order; none for an empty list. */
export function inBatches<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const batches: T[][] = [];
  for (let from = 0; from < items.length; from += size)
    batches.push(items.slice(from, from + size));
  return batches;
}
