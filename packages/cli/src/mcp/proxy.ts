import { fileURLToPath } from "node:url";

/** The program that stands in for a real server over standard input and output. */
export const mcpProxyProgram = new URL("../../agent/mcp-proxy.mjs", import.meta.url);

/** The command line that an agent starts in place of a real server. */
export function mcpProxyCommand(url: string): {
  readonly command: string;
  readonly args: string[];
} {
  return { command: process.execPath, args: [fileURLToPath(mcpProxyProgram), url] };
}
