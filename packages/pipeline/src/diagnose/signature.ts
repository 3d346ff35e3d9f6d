import { createHash } from "node:crypto";
import type { Signature } from "../model/cluster.ts";
import type { Deviation } from "../model/deviation.ts";
import { ClusterId } from "../model/ids.ts";

/** What stands in a signature where nothing deviates. */
export const unexplained = "unexplained";

/**
 * The signature of a failed run: version 1 is workflow, environment, primary deviation and component. Ids, times and texts of the
 * run are no part of it, nor are its prompt, model or deploy: a cluster must survive them to be compared with them.
 *
 * @param primary  undefined where nothing deviates: the workflow's `unexplained` signature
 * @source diagnosis.md decision 6
 */
export function signatureOf(
  flow: { readonly workflow: string; readonly environment: string },
  primary: Pick<Deviation, "name" | "component"> | undefined,
): Signature {
  const { workflow, environment } = flow;
  const name = primary?.name ?? unexplained;
  const component = primary?.component ?? "";
  return {
    version: 1,
    workflow,
    environment,
    primary: name,
    component,
    key: ["v1", workflow, environment, name, component].join(" | "),
  };
}

/** `CL-` and the first 8 hex characters of the sha256 of the signature's key. */
export function clusterIdOf(signature: Signature): ClusterId {
  const hash = createHash("sha256").update(signature.key).digest("hex");
  return ClusterId.parse(`CL-${hash.slice(0, 8)}`);
}
