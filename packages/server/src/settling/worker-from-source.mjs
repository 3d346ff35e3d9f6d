// The settling thread where the server is run from its sources: what loads these is not handed on to a thread.
import { register } from "tsx/esm/api";

register();
await import("./worker.ts");
