import { mkdirSync, writeFileSync } from "node:fs";
import * as z from "zod";
import { fleetSchema } from "../src/fleet/schema.ts";

// What an editor needs to complete and check fleet.yaml. CI fails where the committed file is not what this writes.
const schema = {
  ...z.toJSONSchema(fleetSchema, { io: "input", target: "draft-7", unrepresentable: "any" }),
  title: "fleetglass fleet",
};
mkdirSync("schema", { recursive: true });
writeFileSync("schema/fleet.schema.json", `${JSON.stringify(schema, null, 2)}\n`);
