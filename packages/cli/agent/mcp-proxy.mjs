// Carries MCP's stdio transport (a JSON-RPC message a line) to an address of Streamable HTTP, in the order of the lines, until the input
// ends: `node mcp-proxy.mjs <url>`, which an agent starts in place of a real server. It needs nothing but Node, so that it starts at once.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

/** Lines of `input` go to `url`, what is answered to `write`, a line each. */
export async function bridge(input, write, url) {
  let version = null;
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    if (line.trim() === "") continue;
    const answer = await carried(line, version, url);
    // From `initialize` on, each request names the version that was settled on.
    version = answer?.result?.protocolVersion ?? version;
    if (answer !== null) write(`${JSON.stringify(answer)}\n`);
  }
}

async function carried(line, version, url) {
  let message;
  try {
    message = JSON.parse(line);
  } catch (error) {
    return failure(null, -32_700, `Parse error: ${error.message}`);
  }
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        ...(version !== null && { "mcp-protocol-version": version }),
      },
      body: line,
    });
    const text = await response.text();
    if (text === "") return null;
    const answer = JSON.parse(text);
    return response.status === 404 ? failures(message, answer.error) : answer;
  } catch (error) {
    return failures(message, `${url} cannot be reached: ${error.cause?.message ?? error.message}`);
  }
}

function failure(id, code, message) {
  return { jsonrpc: "2.0", id, error: { code, message } };
}

/** An error for each request of a message; null where it holds none. */
function failures(message, why) {
  const requests = [message]
    .flat()
    .filter((each) => each?.method !== undefined && ["string", "number"].includes(typeof each.id));
  const errors = requests.map(({ id }) => failure(id, -32_603, `Internal error: ${why}`));
  if (errors.length === 0) return null;
  return Array.isArray(message) ? errors : errors[0];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  await bridge(process.stdin, (text) => process.stdout.write(text), process.argv[2] ?? "");
