import { readFileSync } from "node:fs";
import { parse, stringify } from "yaml";
import type { Fleet } from "../../src/fleet/model.ts";
import { parseFleet } from "../../src/fleet/parse.ts";

interface Written {
  readonly environments: readonly { readonly name: string }[];
  readonly clusters: readonly { readonly name: string; readonly environment: string }[];
}

interface Overridden extends Written {
  readonly labels?: object;
  readonly defaults?: object;
  readonly clusters: readonly (Written["clusters"][number] & {
    readonly exporters?: { readonly override?: Readonly<Record<string, string | boolean>> };
  })[];
}

/** A fleet of `test/fleets`, changed before it is read. */
export function fleetOf(name: "small" | "atlas" | "brownfield", change: (written: Overridden) => object): Fleet {
  const file = `test/fleets/${name}.yaml`;
  return parseFleet(stringify(change(parse(readFileSync(file, "utf8")) as Overridden)), file);
}

/** A fleet of `test/fleets`, or only those clusters of it. */
export function testFleet(
  name: "small" | "atlas" | "brownfield" | "teams",
  keep?: (cluster: Written["clusters"][number]) => boolean,
): Fleet {
  const file = `test/fleets/${name}.yaml`;
  const text = readFileSync(file, "utf8");
  return parseFleet(keep ? stringify(only(parse(text) as Written, keep)) : text, file);
}

function only(whole: Written, keep: (cluster: Written["clusters"][number]) => boolean): Written {
  const clusters = whole.clusters.filter(keep);
  const environments = whole.environments.filter(({ name }) =>
    clusters.some(({ environment }) => environment === name),
  );
  return { ...whole, environments, clusters };
}
