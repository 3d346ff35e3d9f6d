import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("clickhouse-program.mjs", import.meta.url));

export const user = "rootward";
export const password = "open:sesame/";

/** A real ClickHouse server in a child process, on loopback, with a directory of its own. */
export interface ClickhouseChild {
  readonly httpPort: number;
  readonly tcpPort: number;
  /** `user:password@host:port`, as it stands in a URL. */
  readonly authority: string;
  /** What the server answers to a statement, as tab-separated text. @throws Error  with the server's message */
  ask(sql: string): Promise<string>;
  /** A new, empty database; its name. */
  newDatabase(): Promise<string>;
  /** Ends it with no warning, as kill -9 does; it may be started again on the same ports and directory. */
  kill(): Promise<void>;
  /** Stops it for a while without ending it, as an engine that has no time does. */
  pause(): void;
  goOn(): void;
  start(): Promise<void>;
  /** Ends it and removes its directory. */
  remove(): Promise<void>;
}

/**
 * A port that nothing listens on, below those that the system gives to outgoing connections: a server that is killed gets its
 * port back.
 */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const probe = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once("error", () => resolve(false));
      probe.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => probe.close(resolve));
    return port;
  }
}

/** The nodes of a cluster, as every one of them is told. */
export interface ClusterShape {
  readonly name: string;
  /** One port of each shard, for what shards say to one another. */
  readonly tcpPorts: readonly number[];
}

function clusterXml({ name, tcpPorts }: ClusterShape): string {
  const replica = (port: number) =>
    `<host>127.0.0.1</host><port>${port}</port><user>${user}</user><password>${password}</password>`;
  const shards = tcpPorts.map((port) => `<shard><replica>${replica(port)}</replica></shard>`);
  return `<remote_servers><${name}>${shards.join("")}</${name}></remote_servers>`;
}

/** Nothing is merged, so that a row that came twice is seen twice. */
const noMerges =
  "<merge_tree><max_bytes_to_merge_at_max_space_in_pool>1</max_bytes_to_merge_at_max_space_in_pool></merge_tree>";

/** The session that keeps the server alive is the default user's, who has no password but may come from nowhere else. */
const usersXml = `<clickhouse>
  <profiles><default/></profiles>
  <quotas><default/></quotas>
  <users>
    <default><password/><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota></default>
    <${user}>
      <password>${password}</password>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>default</profile><quota>default</quota>
      <access_management>1</access_management>
    </${user}>
  </users>
</clickhouse>`;

interface Ports {
  readonly httpPort: number;
  readonly tcpPort: number;
}

async function twoPorts(): Promise<Ports> {
  return { httpPort: await freePort(), tcpPort: await freePort() };
}

function launch(folder: string, { httpPort, tcpPort }: Ports): ChildProcess {
  return spawn(
    process.execPath,
    [
      program,
      `--config-file=${join(folder, "config.xml")}`,
      `--path=${join(folder, "data")}`,
      "--listen_host=127.0.0.1",
      `--http_port=${httpPort}`,
      `--tcp_port=${tcpPort}`,
    ],
    { stdio: ["pipe", "ignore", "pipe"] },
  );
}

const startAttempts = 600;

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise((resolve) => child.once("exit", resolve));
}

/** Starts the server and waits until it answers. @throws Error  with what it said, if it ends instead */
async function launched(folder: string, ports: Ports): Promise<ChildProcess> {
  const child = launch(folder, ports);
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
  for (let attempt = 0; attempt < startAttempts; attempt++) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(
        `the ClickHouse server of the npm package chdb did not start: ${said.trim() || `exit ${child.exitCode ?? child.signalCode}`}`,
      );
    if (await isUp(ports.httpPort)) return child;
    await after(50);
  }
  child.kill("SIGKILL");
  throw new Error(`the ClickHouse server of the npm package chdb does not answer: ${said.trim()}`);
}

async function isUp(httpPort: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${httpPort}/ping`)).ok;
  } catch {
    return false;
  }
}

/** A server that is started already. @param cluster  the shards that it knows of, given its own ports */
export async function startClickhouse(
  options: { readonly ports?: Ports; readonly cluster?: ClusterShape } = {},
): Promise<ClickhouseChild> {
  const ports = options.ports ?? (await twoPorts());
  const folder = mkdtempSync(join(tmpdir(), "rootward-clickhouse-"));
  const usersFile = join(folder, "users.xml");
  writeFileSync(usersFile, usersXml);
  const cluster = options.cluster === undefined ? "" : clusterXml(options.cluster);
  writeFileSync(
    join(folder, "config.xml"),
    `<clickhouse><users_config>${usersFile}</users_config>${noMerges}${cluster}</clickhouse>`,
  );
  let child: ChildProcess;
  try {
    child = await launched(folder, ports);
  } catch (cause) {
    rmSync(folder, { recursive: true, force: true });
    throw cause;
  }
  let databases = 0;
  const ask = async (sql: string): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${ports.httpPort}/`, {
      method: "POST",
      body: sql,
      headers: { "X-ClickHouse-User": user, "X-ClickHouse-Key": password },
    });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return text.trimEnd();
  };
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended(child);
  };
  return {
    ...ports,
    authority: `${user}:${encodeURIComponent(password)}@127.0.0.1:${ports.httpPort}`,
    ask,
    newDatabase: async () => {
      databases += 1;
      await ask(`CREATE DATABASE test_${databases}`);
      return `test_${databases}`;
    },
    kill,
    pause: () => void child.kill("SIGSTOP"),
    goOn: () => void child.kill("SIGCONT"),
    start: async () => {
      child = await launched(folder, ports);
    },
    remove: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Servers that know each other as the shards of one cluster. */
export async function startCluster(
  name: string,
  shards: number,
): Promise<readonly ClickhouseChild[]> {
  const ports: Ports[] = [];
  for (let n = 0; n < shards; n++) ports.push(await twoPorts());
  const cluster = { name, tcpPorts: ports.map(({ tcpPort }) => tcpPort) };
  return Promise.all(ports.map((own) => startClickhouse({ ports: own, cluster })));
}
