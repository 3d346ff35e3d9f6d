import type { Command } from "commander";
import { mcpProxyProgram } from "../mcp/proxy.ts";
import { OperatorError } from "../output.ts";

type Bridge = (
  input: NodeJS.ReadableStream,
  write: (text: string) => void,
  url: string,
) => Promise<void>;

/** Adds `rootward mcp-proxy`. */
export function register(program: Command): void {
  program
    .command("mcp-proxy")
    .description(
      "Serves a trial's recorded tools by MCP over standard input and output, in place of the real server. The gate gives agents this command line.",
    )
    .argument("<url>", "where the gate answers, as http://127.0.0.1:41234/mcp/EC-gift.0.1/tickets")
    .action(async (url: string) => {
      if (!/^https?:\/\/[^/]+\/mcp\/[^/]+\/[^/]+$/.test(url)) {
        const accepted = "http://127.0.0.1:<port>/mcp/<trial>/<server>, as the gate gives it";
        throw new OperatorError(`${url} is no address of a trial; accepted: ${accepted}`, 2);
      }
      const loaded: { readonly bridge: Bridge } = await import(mcpProxyProgram.href);
      await loaded.bridge(process.stdin, (text) => process.stdout.write(text), url);
    });
}
