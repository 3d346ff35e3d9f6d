import { fileURLToPath } from "node:url";
import { packageUrl } from "../package-folder.ts";

/** The program that stands in for a real server over standard input and output. */
export const mcpProxyProgram = packageUrl("agent/mcp-proxy.mjs");

/** The command line that an agent starts in place of a real server. */
export function mcpProxyCommand(url: string): {
  readonly command: string;
  readonly args: string[];
} {
  return { command: process.execPath, args: [fileURLToPath(mcpProxyProgram), url] };
}
