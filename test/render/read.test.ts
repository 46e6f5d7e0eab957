import { bundle, managed, type Resource, resourceId } from "../../src/bundle.ts";
import { grafanasOf } from "../../src/datasources/sources.ts";
import { referenceInput } from "../../src/fleet/reference-input.ts";
import { resolveFleet } from "../../src/fleet/resolve.ts";
import { defineProject } from "../../src/project.ts";
import { digestOf } from "../../src/publish/normal-form.ts";
import { readRendered } from "../../src/render/read.ts";
import { render } from "../../src/render/render.ts";
import { testFleet } from "../support/fleets.ts";

/** Whatever a plan compares: the same digest is no difference. */
function digests(resources: readonly Resource[]): string[] {
  return resources.map((one) => `${resourceId(one)} ${digestOf(one)}`).toSorted();
}

test.each([
  {
    name: "reference, in two Grafanas and three organisations, below a folder",
    fleet: resolveFleet({
      ...referenceInput,
      environments: referenceInput.environments.map((one) => {
        if (one.name === "prd") return { ...one, grafana: "eu-west" };
        return one.name === "dev" ? { ...one, organisation: 2 } : one;
      }),
      grafanas: [
        { url: "https://grafana.ops-uaenorth.internal", parentFolder: "platform" },
        { name: "eu-west", url: "https://eu.example.com", organisation: 3, parentFolder: "west" },
      ],
      manage: ["dashboards", "datasources", "folders", "rules", "routing"],
    }),
  },
  { name: "brownfield", fleet: testFleet("brownfield") },
])("what is written of $name is read back without a difference", ({ fleet }) => {
  const project = defineProject({ fleet });
  const wanted = managed(bundle(project), project);
  const files = render(wanted).map(({ id, spec }) => ({ path: id, text: spec.text }));
  const read = readRendered(files, { homes: grafanasOf(fleet) });
  expect(digests(read)).toEqual(digests(wanted.filter(({ kind }) => kind !== "file")));
});

test.each([
  ["rules/dev/x.yaml", "groups: [", "rules/dev/x.yaml can't be read"],
  ["rules/dev/x.yaml", "other: 1", "has no groups"],
  ["grafana/dashboards/dev/x.json", '{"uid":"x"}', "no provisioning file says"],
])("%s with %j is refused by name", (path, text, message) => {
  expect(() => readRendered([{ path, text }], { homes: [{ organisation: 1 }] })).toThrow(message);
});
