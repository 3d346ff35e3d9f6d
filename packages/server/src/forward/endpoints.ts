import type { ForwardConfig } from "@rootward/pipeline/model/workflow";
import { isLoopback } from "../access.ts";
import { ConfigError } from "../config-error.ts";

export type ForwardSignal = "traces" | "logs";

/** An entry of `forward` in `rootward.yaml`, complete: variables are filled in, and every request can be made of it. */
export interface Endpoint {
  readonly name: string;
  readonly urls: Readonly<Record<ForwardSignal, URL>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly when: "settled" | "received";
  readonly signals: readonly ForwardSignal[];
  readonly compression: "gzip" | "none";
}

/** Headers that say what a body is: they are set with each request. */
const ownHeaders = ["content-type", "content-encoding", "content-length", "transfer-encoding"];

/**
 * @param ownPort  where this server listens: an endpoint there would send everything in a circle
 * @throws ConfigError  naming the endpoint, the key, the value (of headers only the name) and what is accepted
 */
export function endpointsOf(
  configs: readonly ForwardConfig[],
  environment: NodeJS.ProcessEnv,
  ownPort: number,
): readonly Endpoint[] {
  return configs.map((config): Endpoint => {
    const { name, url } = config;
    const address = new URL(url);
    if (isLoopback(address.hostname) && address.port === String(ownPort)) {
      throw new ConfigError(
        `forward "${name}": url is "${url}", which is this server itself; expected another one`,
      );
    }
    const logs = new URL(address);
    logs.pathname = address.pathname.replace(/traces$/, "logs");
    return {
      name,
      urls: { traces: address, logs },
      headers: headersOf(config, environment),
      when: config.when ?? "settled",
      signals: config.signals ?? ["traces"],
      compression: config.compression ?? "gzip",
    };
  });
}

function headersOf(
  { name, headers }: ForwardConfig,
  environment: NodeJS.ProcessEnv,
): Readonly<Record<string, string>> {
  const filled = new Headers();
  for (const [header, text] of Object.entries(headers ?? {})) {
    const key = `forward "${name}": header "${header}"`;
    if (ownHeaders.includes(header.toLowerCase())) {
      throw new ConfigError(`${key} is set by Rootward with each request; remove it`);
    }
    const value = withVariables(text, environment, key);
    try {
      filled.set(header, value);
    } catch (cause) {
      // The value may be a key, and is not repeated; nor is the library's message, which repeats it.
      const why = isHeaderName(header)
        ? "has a value that no header can have; expected one line of Latin-1 characters"
        : "has no name that a header can have; expected letters, digits and -";
      throw new ConfigError(`${key} ${why}`, { cause });
    }
  }
  return Object.fromEntries(filled);
}

function isHeaderName(name: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name);
}

function withVariables(text: string, environment: NodeJS.ProcessEnv, key: string): string {
  return text.replaceAll(/\$\{([^}]*)(\}?)/g, (whole, variable: string, closed: string) => {
    if (closed === "" || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(variable)) {
      throw new ConfigError(
        `${key} has "${whole}"; expected \${NAME} with the name of an environment variable`,
      );
    }
    const value = environment[variable];
    if (value === undefined || value === "") {
      throw new ConfigError(
        `${key} needs the environment variable ${variable}, which is ${value === "" ? "empty" : "not set"}`,
      );
    }
    return value;
  });
}
