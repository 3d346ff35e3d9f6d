export type { Delivery } from "./deliver.ts";
export { faultCauses, type Fault, type FaultCause } from "./faults.ts";
export type { Names } from "./names.ts";
export { simulate, type Simulation, type SimulationOptions, type Truth } from "./simulate.ts";
