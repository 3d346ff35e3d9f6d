import type { RootwardConfig } from "@rootward/pipeline/model/workflow";
import type { CaseMaterial } from "./case-source.ts";

/**
 * What the repository declares of the workflow wins over what the server knows: it may have been started elsewhere. Severity rests on it.
 */
export function declaredHere(material: CaseMaterial, { workflows }: RootwardConfig): CaseMaterial {
  const declared = workflows?.[material.cluster.workflow];
  if (declared === undefined) return material;
  const { compliance, complianceRecord, safety, forbiddenTools } = material.settings;
  return {
    ...material,
    settings: {
      ...material.settings,
      compliance: declared.compliance === undefined ? compliance : declared.compliance !== false,
      complianceRecord:
        declared.compliance === undefined ? complianceRecord : declared.compliance === "record",
      safety: declared.safety ?? safety,
      forbiddenTools: declared.forbidden_tools ?? forbiddenTools,
    },
  };
}
