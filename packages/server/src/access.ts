import type { MiddlewareHandler } from "hono";
import { Problem } from "./problem.ts";

const loopbackHosts = new Set(["localhost", "127.0.0.1", "[::1]", "::1"]);

/** Whether an address to listen on can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return loopbackHosts.has(host) || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** `name` of `name:port`; null if it is neither. */
function hostName(header: string): string | null {
  return (
    /^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+)(?::\d{1,5})?$/.exec(header)?.[1]?.toLowerCase() ?? null
  );
}

/**
 * Loopback needs no key, but a web page elsewhere must not read or write through the browser of whoever sits here. So the Host
 * must name this machine (a name that was rebound to 127.0.0.1 does not), at any port, since tunnels and containers change it;
 * and an Origin, which every browser sends with what could write, must be the very host that was asked.
 *
 * @throws Problem 403  naming the header and its value
 */
export const localOnly: MiddlewareHandler = async (context, next) => {
  const host = context.req.header("host") ?? new URL(context.req.url).host;
  const name = hostName(host);
  if (name === null || !isLoopback(name)) {
    throw new Problem(
      403,
      `Host is "${host.slice(0, 100)}"; only this machine's own names are answered: localhost, 127.0.0.1, [::1]`,
    );
  }
  const origin = context.req.header("origin");
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`) {
    throw new Problem(
      403,
      `Origin is "${origin.slice(0, 100)}"; pages of other sites are not answered`,
    );
  }
  if (context.req.header("sec-fetch-site") === "cross-site") {
    throw new Problem(403, "Sec-Fetch-Site is cross-site; pages of other sites are not answered");
  }
  await next();
};

const policyOfPage = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** The page may load and ask only this server; what a trace holds can do nothing even if it became markup. */
export const securityHeaders: MiddlewareHandler = async (context, next) => {
  await next();
  context.header("Content-Security-Policy", policyOfPage);
  context.header("X-Content-Type-Options", "nosniff");
  context.header("Referrer-Policy", "no-referrer");
  context.header("Cross-Origin-Resource-Policy", "same-origin");
  context.header("Cross-Origin-Opener-Policy", "same-origin");
};
