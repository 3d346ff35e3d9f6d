import type { Layout } from "./layout.ts";

/** Which ClickHouse, and how the tables stand on it. */
export interface ClickhouseAddress {
  /** `http://host:port/` of each server. The first is asked; on a cluster the tables are made on all. */
  readonly servers: readonly [string, ...string[]];
  readonly username: string;
  readonly password: string;
  readonly database: string;
  readonly layout: Layout;
}

const accepted =
  "expected clickhouse://user:password@host:port/database (clickhouses:// over TLS), or for a cluster " +
  "clickhouse://user:password@host:port,host:port/database?cluster=NAME with every server of it, and &replicated=true " +
  "where its shards have replicas";

/** Ports of ClickHouse's own HTTP interface. */
const standardPorts = { http: 8123, https: 8443 } as const;

const shape = /^clickhouse(s?):\/\/(?:([^@/?#]*)@)?([^@/?#]+)(?:\/([^/?#]*))?(?:\?([^?#]*))?$/;

/**
 * Reads where a ClickHouse is, as ROOTWARD_STORE says it.
 *
 * @throws TypeError  that names what is wrong and what is accepted, and never the password
 */
export function clickhouseAddress(text: string): ClickhouseAddress {
  const [, tls, credentials = "", hosts = "", database = "", options = ""] =
    shape.exec(text) ?? refuse("it is no URL of a ClickHouse");
  const [username = "", ...password] = credentials.split(":");
  const [first, ...more] = hosts
    .split(",")
    .map((host) => server(tls === "s" ? "https" : "http", host));
  if (first === undefined) refuse("it names no server");
  const layout = layoutOf(new URLSearchParams(options));
  if (more.length > 0 && layout.kind === "single")
    refuse("it names several servers and no cluster");
  return {
    servers: [first, ...more],
    username: decoded(username, "user") || "default",
    password: decoded(password.join(":"), "password"),
    database: decoded(database, "database") || "default",
    layout,
  };
}

function refuse(why: string): never {
  throw new TypeError(`${why}; ${accepted}`);
}

function server(scheme: keyof typeof standardPorts, host: string): string {
  const url = `${scheme}://${host}`;
  if (!URL.canParse(url)) refuse(`"${host}" is no host:port`);
  const address = new URL(url);
  // A URL leaves out the port that its scheme has anyway, so what was said is looked at.
  if (!/:\d+$/.test(host)) address.port = String(standardPorts[scheme]);
  return address.toString();
}

function decoded(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return refuse(`the ${what} has a % that stands for nothing (%25 is a % itself)`);
  }
}

function layoutOf(options: URLSearchParams): Layout {
  for (const name of options.keys())
    if (name !== "cluster" && name !== "replicated") refuse(`"${name}" is no option of it`);
  const name = options.get("cluster");
  const replicated = options.get("replicated") ?? "false";
  if (replicated !== "true" && replicated !== "false")
    refuse(`replicated is "${replicated}", which is neither true nor false`);
  if (name === null) {
    if (options.has("replicated")) refuse("it says replicated and names no cluster");
    return { kind: "single" };
  }
  if (!/^[A-Za-z_][\w.-]*$/.test(name)) refuse(`cluster is "${name}", which is no name of one`);
  return { kind: "cluster", name, replicated: replicated === "true" };
}
