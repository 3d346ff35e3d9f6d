import type { Convention } from "../model/run.ts";

/** One place where a convention keeps a field. */
export type Place =
  | { readonly in: "attr"; readonly convention: Convention; readonly key: string }
  | {
      readonly in: "json";
      readonly convention: Convention;
      readonly key: string;
      readonly path: readonly (string | number)[];
    }
  | { readonly in: "flat"; readonly convention: Convention; readonly key: string }
  | {
      readonly in: "event";
      readonly convention: Convention;
      readonly key: string;
      readonly event: RegExp;
    }
  | {
      readonly in: "match";
      readonly convention: Convention;
      readonly key: string;
      readonly pattern: RegExp;
    }
  | {
      readonly in: "eventFlat";
      readonly convention: Convention;
      readonly key: string;
      readonly event: RegExp;
    }
  | { readonly in: "name"; readonly convention: Convention; readonly pattern: RegExp }
  | { readonly in: "resource"; readonly convention: Convention; readonly key: string };

export type Path = readonly (string | number)[];

/** Attributes under these keys, in this order. */
export function attr(convention: Convention, ...keys: readonly string[]): readonly Place[] {
  return keys.map((key) => ({ in: "attr", convention, key }) as const);
}
/** Paths inside the JSON of one attribute. */
export function json(
  convention: Convention,
  key: string,
  ...paths: readonly Path[]
): readonly Place[] {
  return paths.map((path) => ({ in: "json", convention, key, path }) as const);
}
/** A list flattened into attributes `key.0.…`. */
export function flat(convention: Convention, key: string): readonly Place[] {
  return [{ in: "flat", convention, key }];
}
/** An attribute of the first span event of that name. */
export function event(convention: Convention, name: RegExp, key: string): readonly Place[] {
  return [{ in: "event", convention, event: name, key }];
}
/** An object flattened into the attributes `key.…` of the first span event of that name. */
export function eventFlat(convention: Convention, name: RegExp, key: string): readonly Place[] {
  return [{ in: "eventFlat", convention, event: name, key }];
}
/** The first group of a pattern in the text of one attribute: a repr, or JSON of which one value is wanted. */
export function match(
  convention: Convention,
  pattern: RegExp,
  ...keys: readonly string[]
): readonly Place[] {
  return keys.map((key) => ({ in: "match", convention, key, pattern }) as const);
}
/** The first group of a pattern on the span's own name. */
export function named(convention: Convention, pattern: RegExp): readonly Place[] {
  return [{ in: "name", convention, pattern }];
}
/** Attributes of the resource. */
export function resource(convention: Convention, ...keys: readonly string[]): readonly Place[] {
  return keys.map((key) => ({ in: "resource", convention, key }) as const);
}
