import { families, type Family, sources } from "../metrics/index.ts";
import { colours } from "./colours.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { Misuse } from "./misuse.ts";
import type { World } from "./run.ts";
import { many } from "./summary.ts";

export interface MetricsOptions {
  readonly json?: boolean;
  readonly source?: string;
}

/** `fleetglass metrics`: what queries may name, and what is known of it. */
export function runMetrics({ json = false, source }: MetricsOptions, { print }: World): ExitCode {
  if (source !== undefined && !(source in sources)) {
    throw new Misuse(`there is no source ${source}; there are ${Object.keys(sources).join(", ")}`);
  }
  const shown = families.filter((family) => source === undefined || family.source === source);
  print(json ? JSON.stringify(shown, null, 2) : text(shown));
  return exitCodes.done;
}

function text(shown: readonly Family[]): string {
  const width = Math.max(...shown.map(({ name }) => name.length));
  const lines = shown.flatMap(({ name, source, type, unit, labels }, at) => [
    ...(shown[at - 1]?.source === source ? [] : ["", colours.bold(source)]),
    `  ${name.padEnd(width)}  ${type.padEnd(9)}  ${unit.padEnd(17)}  ${colours.dim(labels.join(", "))}`,
  ]);
  return [...lines, "", `${many(shown.length, "metric")}.`].join("\n");
}
