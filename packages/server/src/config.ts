import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { parseYaml } from "@rootward/pipeline/evals/yaml";
import { policy } from "@rootward/pipeline/model/policy";
import { type ContractCheck, RootwardConfig } from "@rootward/pipeline/model/workflow";
import { isLoopback } from "./access.ts";
import { ConfigError } from "./config-error.ts";
import { contractsOf } from "./contracts.ts";
import { type Endpoint, endpointsOf } from "./forward/endpoints.ts";
import type { GithubSettings } from "./routes/github.ts";
import { clickhouseAddress } from "./store/clickhouse-address.ts";

/** How the server was started, checked. */
export interface ServerConfig {
  readonly host: string;
  readonly port: number;
  /** For OTLP/gRPC, on the same host; null: off. */
  readonly grpcPort: number | null;
  readonly dataDir: string;
  /** `clickhouse://…`, or null: embedded. */
  readonly clickhouseUrl: string | null;
  readonly rootward: RootwardConfig;
  /** Where metrics are pushed, or null: nowhere. */
  readonly metrics: MetricsTarget | null;
  /** Where accepted spans go on to. */
  readonly forward: readonly Endpoint[];
  /** The folder from which contracts are named. */
  readonly contractFolder: string;
  /** By workflow, compiled. */
  readonly contracts: ReadonlyMap<string, ContractCheck>;
  /** Without it, events of GitHub are taken unsigned. */
  readonly github?: GithubSettings;
}

export interface MetricsTarget {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly everyMs: number;
}

const standardPort = 4318;
const standardGrpcPort = 4317;

/**
 * Arguments, then environment (ROOTWARD_CONFIG, ROOTWARD_STORE), then `rootward.yaml`, then defaults.
 *
 * @throws ConfigError  naming the key, the value received and what is accepted
 */
export function serverConfig(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  folder: string,
): ServerConfig {
  const options = argumentsOf(args);
  const { rootward, path } = configFile(options.config ?? environment["ROOTWARD_CONFIG"], folder);
  const host = options.host ?? rootward.server?.host ?? "127.0.0.1";
  if (!isLoopback(host)) {
    throw new ConfigError(
      `host is "${host}", which others can reach, and keys for them are not built yet; ` +
        "use 127.0.0.1, behind a proxy that asks for a password",
    );
  }
  const contractFolder = path === null ? folder : dirname(path);
  const port = portOf("--port", options.port) ?? rootward.server?.port ?? standardPort;
  return {
    host,
    port,
    grpcPort: grpcPortOf(options["grpc-port"] ?? rootward.server?.grpcPort, port),
    dataDir: resolve(folder, options.data ?? join(".rootward", "data")),
    clickhouseUrl: clickhouseUrl(environment["ROOTWARD_STORE"]),
    rootward,
    metrics: metricsTarget(rootward.metrics, environment),
    forward: endpointsOf(rootward.forward ?? [], environment, port),
    contractFolder,
    contracts: contractsOf(rootward, contractFolder),
    github: githubOf(rootward.changes?.github, host, environment),
  };
}

/** A secret does not belong into a file: `secret_env` names the environment variable that holds it. */
function githubOf(
  github: NonNullable<RootwardConfig["changes"]>["github"],
  host: string,
  environment: NodeJS.ProcessEnv,
): GithubSettings {
  const name = github?.secret_env;
  const secret = name === undefined ? null : environment[name];
  if (secret === undefined || secret === "") {
    throw new ConfigError(
      `changes.github.secret_env is "${name}", and the environment variable ${name} is not set; expected the webhook's secret in it`,
    );
  }
  return {
    secret,
    isLoopback: isLoopback(host),
    environments: github?.environments ?? {},
    repositories: github?.repositories ?? {},
  };
}

function argumentsOf(args: readonly string[]) {
  try {
    const text = { type: "string" } as const;
    const options = { data: text, host: text, port: text, "grpc-port": text, config: text };
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    throw new ConfigError(error instanceof Error ? error.message : String(error));
  }
}

function portOf(flag: string, text: string | undefined, or = ""): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new ConfigError(
      `${flag} is "${text}"; expected a number from 0 to 65535 (0: any free one)${or}`,
    );
  }
  return port;
}

/** Whoever asked for any free port wants none in particular for gRPC either. */
function grpcPortOf(asked: string | number | undefined, httpPort: number): number | null {
  if (asked === "off") return null;
  if (typeof asked === "number") return asked;
  const usual = httpPort === 0 ? 0 : standardGrpcPort;
  return portOf("--grpc-port", asked, ", or off") ?? usual;
}

function clickhouseUrl(text: string | undefined): string | null {
  if (text === undefined || text === "") return null;
  try {
    clickhouseAddress(text);
    return text;
  } catch (error) {
    throw new ConfigError(`ROOTWARD_STORE: ${error instanceof Error ? error.message : "refused"}`);
  }
}

function configFile(named: string | undefined, folder: string) {
  const path = named === undefined ? nearest(folder) : resolve(folder, named);
  if (path === null) return { rootward: RootwardConfig.parse({}), path };
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`cannot read the configuration ${path}: ${why}`);
  }
  const parsed = parseYaml(text, path, RootwardConfig);
  if (!parsed.ok) throw new ConfigError(parsed.errors.join("; "));
  return { rootward: parsed.value, path };
}

function nearest(folder: string): string | null {
  const candidate = join(folder, "rootward.yaml");
  if (existsSync(candidate)) return candidate;
  const above = dirname(folder);
  return above === folder ? null : nearest(above);
}

function metricsTarget(
  metrics: RootwardConfig["metrics"],
  environment: NodeJS.ProcessEnv,
): MetricsTarget | null {
  if (metrics === undefined) return null;
  const headers = Object.entries(metrics.headers ?? {}).map(
    ([name, value]) => [name, headerValue(name, value, environment)] as const,
  );
  const everyMs = metrics.everyMs ?? policy("metricsPushEveryMs");
  return { url: metrics.url, headers: Object.fromEntries(headers), everyMs };
}

/** A key does not belong into a file: `${NAME}` is what the environment variable holds. */
function headerValue(name: string, value: string, environment: NodeJS.ProcessEnv): string {
  const variable = /^\$\{(\w+)\}$/.exec(value)?.[1];
  const found = variable === undefined ? value : environment[variable];
  if (found === undefined) {
    throw new ConfigError(
      `metrics.headers.${name} is "${value}", and the environment variable ${variable} is not set`,
    );
  }
  try {
    new Headers([[name, found]]);
  } catch {
    throw new ConfigError(
      `metrics.headers.${name} cannot be sent: its name or value is not accepted in HTTP`,
    );
  }
  return found;
}
