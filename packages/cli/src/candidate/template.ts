import { isObject } from "@rootward/pipeline/evals/pointer";

/** What placeholders may begin with: the keys of what an agent is asked. */
const roots = ["case_id", "trial", "task_type", "input", "context"];

const placeholder = /\{\{\s*([^{}]*?)\s*\}\}/g;

/**
 * A template filled in. `{{input.message}}` stands for what is found there: as it is where it is the whole text, else as text.
 *
 * @throws Error  naming a placeholder that stands for nothing
 */
export function filled(template: unknown, request: object): unknown {
  if (typeof template === "string") return filledText(template, request, String);
  if (Array.isArray(template)) return template.map((each) => filled(each, request));
  if (!isObject(template)) return template;
  return Object.fromEntries(
    Object.entries(template).map(([key, value]) => [key, filled(value, request)]),
  );
}

/** An address filled in: what goes in is escaped. @throws Error  naming a placeholder that stands for nothing */
export function filledUrl(template: string, request: object): string {
  return template.replace(placeholder, (_, path: string) =>
    encodeURIComponent(asText(valueAt(path, request))),
  );
}

function filledText(template: string, request: object, found: (text: string) => string): unknown {
  const [whole] = [...template.matchAll(placeholder)];
  if (whole && whole[0] === template.trim()) return valueAt(whole[1] ?? "", request);
  return template.replace(placeholder, (_, path: string) => found(asText(valueAt(path, request))));
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function valueAt(path: string, request: object): unknown {
  const [root = "", ...rest] = path.split(".");
  if (!roots.includes(root)) {
    throw new Error(`{{${path}}} begins with none of ${roots.join(", ")}`);
  }
  let value: unknown = request;
  for (const key of [root, ...rest]) {
    const inner: unknown =
      typeof value === "object" && value !== null && Object.hasOwn(value, key)
        ? Reflect.get(value, key)
        : undefined;
    if (inner === undefined) throw new Error(`{{${path}}} stands for nothing in this case`);
    value = inner;
  }
  return value;
}
