export type { Delivery } from "./deliver.ts";
export { faultCauses, type Fault, type FaultCause } from "./faults.ts";
export type { Names } from "./names.ts";
export { simulate, type Simulation, type SimulationOptions, type Truth } from "./simulate.ts";
export { faultRows, faultTypes, type FaultType, type InjectedCause } from "./injected/kinds.ts";
export {
  injectedTraffic,
  type Episode,
  type InjectedTraffic,
  type InjectedTruth,
} from "./injected/traffic.ts";
export { worldKinds, type WorldKind } from "./injected/world.ts";
