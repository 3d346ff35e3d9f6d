export {
  absentAttribute,
  behavioral,
  methodAttribute,
} from "@rootward/pipeline/signals/attributes";
export { confidence } from "@rootward/pipeline/signals/confidence";
export type { ConfidenceInput } from "@rootward/pipeline/signals/confidence";
export { downstreamOk } from "@rootward/pipeline/signals/downstream";
export type { DownstreamInput } from "@rootward/pipeline/signals/downstream";
export { fallback } from "@rootward/pipeline/signals/fallback";
export type { FallbackInput } from "@rootward/pipeline/signals/fallback";
export { grounded } from "@rootward/pipeline/signals/grounded";
export type { GroundedInput } from "@rootward/pipeline/signals/grounded";
