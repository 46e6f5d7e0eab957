import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { Generated } from "../../preview/bundle.ts";
import type { Generator } from "../../preview/server/generator.ts";
import { bundle, type DashboardResource } from "../../src/bundle.ts";
import type { Fleet } from "../../src/fleet/model.ts";
import { lint } from "../../src/lint/index.ts";
import { defineProject } from "../../src/project.ts";

/** What `fleetglass bundle` prints of a fleet. */
export function generatedOf(fleet: Fleet): Generated {
  const project = defineProject({ fleet });
  const resources = bundle(project);
  return { project: project.name, fleet, resources, findings: lint(resources) };
}

/** The same with one more board, which has every kind of panel, variable and repeat. */
export function withEveryKind(generated: Generated): Generated {
  const like = generated.resources.find((resource): resource is DashboardResource => resource.kind === "dashboard");
  if (!like) throw new Error("the bundle has no dashboard");
  const dashboard: DashboardResource["spec"]["dashboard"] = JSON.parse(
    readFileSync("test/preview/every-kind.json", "utf8"),
  );
  const board = { ...like, id: "every-kind", origin: "test", spec: { ...like.spec, dashboard } };
  return { ...generated, resources: [...generated.resources, board] };
}

/** A generator that nothing changes. */
export function still(generated: Generated): Generator {
  return { read: () => Promise.resolve(generated), watch: () => () => undefined };
}

export interface FakeLoki {
  readonly url: string;
  close(): void;
}

/** Answers every query with one line of that moment, as Loki's documentation of its API shows it. */
export async function fakeLoki(at: number): Promise<FakeLoki> {
  const server = createServer((_, response) => {
    const values = [[`${at}000000`, "a line of the log"]];
    const result = [{ stream: { cluster: "prd-uaenorth" }, values }];
    response.end(JSON.stringify({ status: "success", data: { resultType: "streams", result } }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
