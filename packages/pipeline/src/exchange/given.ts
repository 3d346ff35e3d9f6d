import type { Resource, Span } from "../model/span.ts";
import type { Exchange } from "./exchange.ts";

/** What a person knows of imported traces and the product that kept them did not: their service, their environment. */
export interface Given {
  readonly service?: string | undefined;
  readonly environment?: string | undefined;
}

const environmentKeys = ["deployment.environment.name", "deployment.environment"];

function saysEnvironment({ resource, attributes }: Span): boolean {
  const own = attributes.get("langfuse.environment");
  // Langfuse writes "default" where nobody said anything.
  if (typeof own === "string" && own !== "default") return true;
  return environmentKeys.some((key) => resource.attributes.has(key) || attributes.has(key));
}

/**
 * Adds to each span what it does not say itself. With nothing given, spans are as they were.
 *
 * @returns a function for the parts of one import; resources that were one stay one
 */
export function newCompleter(given: Given): (exchange: Exchange) => Exchange {
  const made = new Map<Resource, Map<string, Resource>>();
  const completed = (resource: Resource, more: ReadonlyMap<string, string>): Resource => {
    const of = made.get(resource) ?? new Map<string, Resource>();
    made.set(resource, of);
    const key = [...more.keys()].join(" ");
    const found = of.get(key) ?? { attributes: new Map([...resource.attributes, ...more]) };
    of.set(key, found);
    return found;
  };
  const withMore = (span: Span): Span => {
    const more = new Map<string, string>();
    const hasService = span.resource.attributes.has("service.name");
    if (given.service !== undefined && !hasService) more.set("service.name", given.service);
    if (given.environment !== undefined && !saysEnvironment(span))
      more.set("deployment.environment.name", given.environment);
    return more.size === 0 ? span : { ...span, resource: completed(span.resource, more) };
  };
  const nothing = given.service === undefined && given.environment === undefined;
  return (exchange) =>
    nothing ? exchange : { ...exchange, spans: exchange.spans.map((span) => withMore(span)) };
}
