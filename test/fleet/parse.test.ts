import { parseFleet } from "../../src/fleet/parse.ts";
import { referenceFleet } from "../../src/fleet/reference.ts";
import { testFleet } from "../support/fleets.ts";

/** Each line of it is one that the problems below point at. */
const good = `# The reference fleet in small, for tests on real servers: two nodes and fifteen pods a cluster.
name: platform-core
title: Platform Core
environments:
  - { name: dev, title: Dev }
  - { name: stg, title: Staging }
  - { name: prd, title: Production }
  - { name: ops, title: Operations, ranksAs: prd }
defaults:
  nodes: 2
  pods: 15
clusters:
  - { name: dev-uaenorth, environment: dev, region: uaenorth }
  - { name: stg-uaenorth, environment: stg, region: uaenorth }
  - { name: prd-uaenorth, environment: prd, region: uaenorth }
  - { name: ops-uaenorth, environment: ops, region: uaenorth, type: ops }
`;

function problems(text: string): string[] {
  try {
    parseFleet(text, "fleet.yaml");
    return [];
  } catch (error) {
    return (error as Error).message.split("\n");
  }
}

test.each([
  {
    what: "two clusters of one name",
    text: good.replace("name: stg-uaenorth", "name: dev-uaenorth"),
    says: [
      'fleet.yaml:14:13: clusters[1].name: "dev-uaenorth" is the name of clusters[0] already; every cluster needs a name of its own',
    ],
  },
  {
    what: "an environment that nobody defined",
    text: good.replace("prd-uaenorth, environment: prd", "prd-uaenorth, environment: prod"),
    says: [
      'fleet.yaml:15:40: clusters[2].environment: "prod" is not an environment of this fleet (dev, stg, prd, ops); did you mean "prd"?; name an environment, or add it to environments',
    ],
  },
  {
    what: "sampling of traces that nobody sees whole, and of none",
    text: `${good}infrastructure:\n  traceSampling: { percent: 5 }\ntenancy: { mode: per-cluster }\nbackends:\n  - { kind: mimir, url: "http://m" }\n`,
    says: [
      "fleet.yaml:18:18: infrastructure.traceSampling: is about traces, and the fleet has none: add a backend of kind tempo",
      "fleet.yaml:18:18: infrastructure.traceSampling: decides of whole traces, and with a tenant per cluster nobody sees one that crosses clusters: leave it out, or use tenancy.mode per-environment",
    ],
  },
  {
    what: "samplers of one name",
    text: `${good.replace("region: uaenorth }", "region: uaenorth, tenant: STG }")}infrastructure:\n  traceSampling: { percent: 5 }\n`,
    says: [
      "fleet.yaml:18:18: infrastructure.traceSampling: names a Service after each tenant, and stg is too long for it (40 characters) or the same as another but for case and marks",
    ],
  },
  {
    what: "a bad address",
    text: `${good}backends:\n  - { kind: mimir, url: "mimir:9009" }\n`,
    says: ['fleet.yaml:18:25: backends[0].url: "mimir:9009": write an address such as https://mimir.example.com'],
  },
  {
    what: "a password in an address, which is not repeated",
    text: `${good}backends:\n  - { kind: mimir, url: "https://me:hunter2@mimir.example.com" }\n`,
    says: [
      'fleet.yaml:18:25: backends[0].url: "https://…@mimir.example.com": keep credentials out of the address: they come from the environment',
    ],
  },
  {
    what: "an unknown key",
    text: good.replace("  pods: 15", "  scrapeIntervall: 30s"),
    says: ['fleet.yaml:11:3: defaults.scrapeIntervall: unknown key; did you mean "scrapeInterval"?'],
  },
  {
    what: "an unknown key of a cluster, which suggests a cluster's keys only",
    text: good.replace("region: uaenorth, type: ops", "regoin: uaenorth, type: ops"),
    says: [
      "fleet.yaml:16:5: clusters[3].region: is missing; it is a string",
      'fleet.yaml:16:45: clusters[3].regoin: unknown key; did you mean "region"?',
    ],
  },
  {
    what: "a YAML error",
    text: good.replace("pods: 15", "pods: [15"),
    says: [expect.stringMatching(/^fleet\.yaml:1\d:\d+: Flow sequence /u)],
  },
  { what: "an empty file", text: "", says: ["fleet.yaml: must be a mapping"] },
  {
    what: "all that is wrong, at once",
    text: "name: Bad Name\nenvironments: []\nclusters:\n  - { name: a, environment: x, region: r, state: asleep, nodes: many }\n",
    says: [
      'fleet.yaml:1:7: name: "Bad Name": use lower-case letters, digits and dashes, such as prd-uaenorth',
      "fleet.yaml:2:15: environments: a fleet has at least one environment",
      "fleet.yaml:4:50: clusters[0].state: must be one of planned, active, maintenance, retired",
      "fleet.yaml:4:65: clusters[0].nodes: must be a number or a mapping",
    ],
  },
  {
    what: "what is not built yet, by name",
    text: `${good}manage: [folders, permissions]\n`,
    says: ["fleet.yaml:17:9: manage: has permissions, and no teams are named to give them to: add teams"],
  },
  {
    what: "four clusters that nothing tells apart",
    text: `${good}labels: { cluster: { derived: true } }\n`,
    says: [
      "fleet.yaml:17:20: labels.cluster: can be derived in a fleet of one cluster only, and this one has 4: let the agents attach it, and give its name",
    ],
  },
  {
    what: "boards without a folder",
    text: `${good}manage: [dashboards]\n`,
    says: [
      "fleet.yaml:17:9: manage: dashboards without folders need one that exists: name its uid in grafanas[0].parentFolder, or add folders",
    ],
  },
  {
    what: "Grafanas that nobody can tell apart, and one that is not there",
    text: good
      .replace("name: dev", "name: dev, grafana: au")
      .concat(
        `grafanas: [{ url: "http://a" }, { name: eu, url: "http://b" }, { name: ap, url: "http://a/" }, { url: "http://c" }, { name: door, url: "http://d" }]\n`,
      ),
    says: [
      "fleet.yaml:17:41: grafanas[1].name: holds nothing, since no environment has grafana: eu: give it to one, or leave it out",
      "fleet.yaml:17:81: grafanas[2].url: is the place that grafanas[0] is already: keep one, or give this one its own organisation",
      "fleet.yaml:17:96: grafanas[3]: needs a name, by which environments say that their boards are in it",
      "fleet.yaml:17:125: grafanas[4].name: its variables would have the names of others, such as GRAFANA_DOOR_PASSWORD: call it otherwise",
      'fleet.yaml:5:27: environments[0].grafana: there is no Grafana "au": grafanas has eu, ap, door; did you mean "eu"?',
    ],
  },
  {
    what: "two that hold all metrics, and labels for objects that nobody writes",
    text: `${good}backends: [{ kind: mimir, url: "http://a" }, { kind: grafana-cloud, url: "http://b", ruleLabels: { a: b } }]\n`,
    says: [
      "fleet.yaml:17:46: backends[1]: backends[0] holds the metrics of all clusters already: keep one of mimir, grafana-cloud, azure-managed",
      "fleet.yaml:17:98: backends[1].ruleLabels: are for rules: prometheusrule only",
    ],
  },
  {
    what: "a password with slashes in an address, which is not repeated",
    text: `${good}runbooks: "ftp://me:hun/ter2@wiki"\n`,
    says: [expect.not.stringContaining("ter2")],
  },
  {
    what: "a secret after the address",
    text: `${good}runbooks: "https://wiki.example.com/?token=hunter2"\n`,
    says: ['fleet.yaml:17:11: runbooks: "https://wiki.example.com/?…": leave out what follows ? or #'],
  },
  {
    what: "a tenant id that is none",
    text: good.replace("pods: 15", "pods: 15\ntenancy: { mode: per-cluster }").replace("dev-uaenorth", "arn:aws/dev"),
    says: [
      'fleet.yaml:14:5: clusters[0]: would write to the tenant "arn:aws/dev", which is no tenant id: give it one with tenant',
    ],
  },
  {
    what: "two environments of one title",
    text: good.replace("title: Staging", "title: dev"),
    says: ["fleet.yaml:6:25: environments[1].title: is the title of environments[0] already; choose another"],
  },
  {
    what: "a cluster that nothing reports for, and a scrape interval that rules can't use",
    text: good.replace("pods: 15", "scrapeInterval: 10m"),
    says: [expect.stringContaining('defaults.scrapeInterval: "10m": 2m at most')],
  },
  {
    what: "an alias of nothing",
    text: "name: *nothing\n",
    says: [expect.stringContaining("fleet.yaml: ")],
  },
  {
    what: "two roles with one label",
    text: `${good}labels: { region: cluster }\n`,
    says: ['fleet.yaml:17:19: labels.region: "cluster" is the label of cluster already'],
  },
  {
    what: "no header for several tenants",
    text: `${good}tenancy: { header: none }\n`,
    says: [
      "fleet.yaml:17:20: tenancy.header: without a tenant header there is one tenant, but the clusters have 4: set tenancy.mode to single",
    ],
  },
])("$what", ({ text, says }) => {
  expect(problems(text)).toEqual(says);
});

test("the reference fleet has a tenant per environment, and the ops tenant owns what reads all", () => {
  expect(referenceFleet.tenants.map(({ id }) => id)).toEqual(["dev", "stg", "prd", "ops"]);
  expect(referenceFleet.owner).toBe("ops");
});

test("a fleet that names its labels and jobs gets them", () => {
  const atlas = testFleet("atlas");
  expect(atlas.labels).toMatchObject({
    cluster: "k8s_cluster_name",
    environment: "stage",
    region: "location",
    tenant_id: "tenant_id",
  });
  expect(atlas.clusters.find(({ name }) => name === "live-fra-1")?.jobs["node-exporter"]).toBe(
    "integrations/node_exporter",
  );
  expect(atlas.clusters.find(({ name }) => name === "mgmt-ams-1")?.jobs).not.toHaveProperty("opencost");
});
