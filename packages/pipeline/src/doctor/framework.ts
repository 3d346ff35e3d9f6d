import type { Convention } from "../model/run.ts";
import type { Span } from "../model/span.ts";

/** What spans may lack, in the order in which a person asks for it. */
export const facts = [
  "content",
  "toolArguments",
  "toolResults",
  "documents",
  "citations",
  "agentNames",
  "session",
  "user",
  "environment",
  "serviceVersion",
  "modelAnswered",
  "modelBuild",
  "tokenUsage",
  "logprobs",
] as const;
export type Fact = (typeof facts)[number];

/** How a fact comes into the spans of a framework: by itself, by something that is set, or not at all. */
export type Setting =
  | {
      readonly kind: "sent";
      /** What takes it away; null where nothing does. */ readonly unless: string | null;
    }
  | { readonly kind: "set"; readonly how: string }
  | { readonly kind: "never"; readonly why: string };

/** A test on one span: everything that it names must hold. */
export interface SpanTest {
  readonly scope?: RegExp;
  /** The scope's version; "" where it has none. */
  readonly version?: RegExp;
  readonly name?: RegExp;
  /** One of these attributes is there. */
  readonly anyOf?: readonly string[];
  /** None of these attributes is there. */
  readonly noneOf?: readonly string[];
  /** What an attribute of the resource says; "" where it is absent. */
  readonly resource?: { readonly key: string; readonly value: RegExp };
}

/** One framework through one instrumentation: how its spans are known, and what they can say. */
export interface Framework {
  readonly id: string;
  readonly title: string;
  readonly language: "Python" | "JavaScript" | "Python, JavaScript" | "any";
  /** `captured`: seen in real requests; `source`: read in its source, documentation or specification. */
  readonly evidence: "captured" | "source";
  readonly convention: Convention;
  /** One of these tests suffices. */
  readonly knownBy: readonly SpanTest[];
  /** The broader row whose spans are this one's too, in a trace where this one is seen. */
  readonly narrows?: string;
  readonly settings: Readonly<Record<Fact, Setting>>;
  readonly cannotSee: readonly string[];
  /** What is special in reading it. */
  readonly read: readonly string[];
}

export function sent(unless: string | null = null): Setting {
  return { kind: "sent", unless };
}
export function set(how: string): Setting {
  return { kind: "set", how };
}
export function never(why: string): Setting {
  return { kind: "never", why };
}

/** What no framework decides: the resource, and what a search tool returns. */
export const common = {
  documents: set(
    "let the search tool return a list of objects with an id and a text: there is no retrieval span",
  ),
  citations: set(
    "give every document an id that the answer can cite, and send answer and documents",
  ),
  environment: set("OTEL_RESOURCE_ATTRIBUTES=deployment.environment.name=production"),
  serviceVersion: set("OTEL_RESOURCE_ATTRIBUTES=service.version=1.4.2"),
  modelBuild: never("the build behind the model's name (system_fingerprint) is not sent"),
  logprobs: never("no attribute holds them"),
} as const;

/** Whether a span passes a test. */
export function passes(test: SpanTest, span: Span): boolean {
  const { scope, version, name, anyOf, noneOf, resource } = test;
  return (
    (scope === undefined || scope.test(span.scope.name)) &&
    (version === undefined || version.test(span.scope.version)) &&
    (name === undefined || name.test(span.name)) &&
    (anyOf === undefined || anyOf.some((key) => span.attributes.has(key))) &&
    (noneOf === undefined || !noneOf.some((key) => span.attributes.has(key))) &&
    (resource === undefined || saysOf(span, resource))
  );
}

function saysOf(span: Span, { key, value }: NonNullable<SpanTest["resource"]>): boolean {
  const said = span.resource.attributes.get(key);
  return value.test(typeof said === "string" ? said : "");
}
