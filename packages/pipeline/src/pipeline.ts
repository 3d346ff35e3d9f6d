export type { Receipt } from "./model/batch.ts";
