import { readFileSync } from "node:fs";
import type { Fleet } from "../../src/fleet/model.ts";
import { parseFleet } from "../../src/fleet/parse.ts";

/** A fleet of `test/fleets`. */
export function testFleet(name: "small" | "atlas"): Fleet {
  const file = `test/fleets/${name}.yaml`;
  return parseFleet(readFileSync(file, "utf8"), file);
}
