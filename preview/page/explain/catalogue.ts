import type { metric } from "../../../src/metrics/index.ts";
import { busy } from "../source/busy.ts";

/** The facts about a metric by its name. They are loaded when somebody wants them. */
export async function catalogue(): Promise<typeof metric> {
  return (await busy(() => import("../../../src/metrics/index.ts"))).metric;
}
