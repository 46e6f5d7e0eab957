import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { credential } from "../../src/infra/place.ts";
import type { Release } from "../../src/infra/release.ts";
import { lacking, tool } from "../../src/servers/tools.ts";
import { accepted } from "../support/accepted.ts";
import { invalidObjects, lackingKubeconform } from "../support/kubernetes-schemas.ts";
import { type RenderedChart, renderMimir } from "../support/mimir-chart.ts";
import { describeUnless, describeWithTool } from "../support/needs.ts";
import { describeWithNginx, nginx } from "../support/nginx.ts";
import { infrastructureOf, ownFleets } from "../support/own-fleets.ts";

const fleets = Object.keys(ownFleets);

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleetglass-infra-"));
  for (const file of ["username", "password", "token", "ca.crt"]) await writeFile(join(folder, file), "");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function releasesOf(fleet: string): (Release & { readonly cluster: string })[] {
  return infrastructureOf(fleet).flatMap(({ cluster, releases }) =>
    releases.map((release) => ({ ...release, cluster: cluster.name })),
  );
}

/** What a container has mounted, in a folder of ours. */
function local(text: string): string {
  return text
    .replaceAll(credential.folder, folder)
    .replaceAll("/var/run/secrets/kubernetes.io/serviceaccount", folder)
    .replaceAll("/var/lib/otelcol", folder);
}

describeWithTool("promtool takes what an agent is configured with", "promtool", (promtool) => {
  test.each(fleets)("in %s", async (fleet) => {
    const agents = releasesOf(fleet).filter(({ chart, name }) => chart === "prometheus" && name === "prometheus-agent");
    expect(agents.length).toBeGreaterThan(0);
    for (const { cluster, values } of agents) {
      const path = join(folder, "prometheus.yml");
      await writeFile(path, local(stringify(prometheusYml(values as PrometheusValues))));
      expect(`${cluster}: ${await accepted(promtool.path, ["check", "config", "--agent", path])}`).toBe(`${cluster}: `);
    }
  });
});

describeWithTool("promtool takes the central Prometheus", "promtool", (promtool) => {
  test("in reference", async () => {
    const central = releasesOf("reference").filter(({ name }) => name === "prometheus");
    expect(central).toHaveLength(1);
    for (const { values } of central) {
      const config = prometheusYml(values as PrometheusValues);
      const jobs = (config as { scrape_configs: { job_name: string }[] }).scrape_configs.map((job) => job.job_name);
      expect(jobs.toSorted()).toEqual(["grafana", "loki", "mimir", "tempo"]);
      const path = join(folder, "central.yml");
      await writeFile(path, local(stringify(config)).replaceAll("/etc/fleetglass/mimir", folder));
      expect(await accepted(promtool.path, ["check", "config", path])).toBe("");
    }
  });
});

describeWithTool("Alertmanager takes its configuration and its templates", "amtool", (amtool) => {
  test("where it is the one notifier", async () => {
    const all = fleets.flatMap((fleet) => releasesOf(fleet)).filter(({ chart }) => chart === "alertmanager");
    expect(all).toHaveLength(1);
    for (const { values } of all) {
      const { config, templates, extraSecretMounts } = values as AlertmanagerValues;
      const path = join(folder, "alertmanager.yml");
      await writeFile(path, stringify(config).replaceAll("/etc/alertmanager", folder));
      for (const [name, text] of Object.entries(templates)) await writeFile(join(folder, name), text);
      expect(await accepted(amtool.path, ["check-config", path])).toBe("");
      // Each secret that a receiver reads from a file is mounted there.
      const read = [...JSON.stringify(config).matchAll(/_file":"([^"]+)"/gu)].map(([, file]) => file);
      expect(extraSecretMounts.map(({ mountPath }) => mountPath)).toEqual([...new Set(read)]);
      expect(read.length).toBeGreaterThan(0);
    }
  });
});

interface AlertmanagerValues {
  readonly config: object;
  readonly templates: Readonly<Record<string, string>>;
  readonly extraSecretMounts: readonly { readonly mountPath: string }[];
}

interface PrometheusValues {
  readonly server: { readonly global: object; readonly remoteWrite?: object; readonly remoteRead?: object };
  readonly scrapeConfigs: Readonly<Record<string, { readonly enabled: boolean; readonly job_name?: string }>>;
}

/** What the chart makes of its values: the jobs that are enabled, without the word. */
function prometheusYml({ server, scrapeConfigs }: PrometheusValues): object {
  const jobs = Object.values(scrapeConfigs).filter(({ enabled }) => enabled);
  return {
    global: Object.fromEntries(Object.entries(server.global).filter(([, value]) => value !== null)),
    remote_write: server.remoteWrite,
    remote_read: server.remoteRead,
    scrape_configs: jobs.map((job) => ({ ...job, enabled: undefined })),
  };
}

describeWithTool("the Collector takes its configuration", "otelcol", (otelcol) => {
  test.each(fleets)("in %s", async (fleet) => {
    const collectors = releasesOf(fleet).filter(({ chart }) => chart === "opentelemetry-collector");
    const configs = [...new Set(collectors.map(({ values }) => local(stringify(whole(values)))))];
    expect(configs.length).toBeGreaterThan(2);
    for (const config of configs) {
      const path = join(folder, "collector.yaml");
      await writeFile(path, config);
      expect(await accepted(otelcol.path, ["validate", "--config", path], { K8S_NODE_NAME: "node" })).toBe("");
    }
  });
});

/** The receiver of Kubernetes' events is in no registry that a build can reach: another stands in. */
function whole(values: unknown): unknown {
  const text = JSON.stringify((values as { alternateConfig: object }).alternateConfig);
  return JSON.parse(
    text
      .replace('"k8s_events":{"auth_type":"serviceAccount"}', '"otlp":{"protocols":{"grpc":{}}}')
      .replaceAll("k8s_events", "otlp"),
  );
}

describeWithNginx("nginx takes each door", () => {
  // A fleet without an ops cluster has no door of ours.
  const withDoors = fleets.filter((fleet) => ownFleets[fleet]?.clusters.some(({ type }) => type === "ops") ?? false);

  test.each(withDoors)("in %s", async (fleet) => {
    const doors = releasesOf(fleet).flatMap(
      ({ values }) => /"file":("worker|"(?:[^"\\]|\\.)*")/u.exec(JSON.stringify(values))?.[1] ?? [],
    );
    expect(doors.length).toBeGreaterThan(0);
    for (const door of doors) {
      const path = join(folder, "nginx.conf");
      const text = JSON.parse(door) as string;
      // The name of a cluster's name server means nothing here.
      await writeFile(path, text.replace(/^ *resolver .*$/mu, "").replaceAll(/\/tmp\/|\/dev\//gu, `${folder}/`));
      expect(await accepted(nginx() ?? "", ["-t", "-c", path])).toBe("");
    }
  });
});

const noHelm = lacking("helm") ?? lacking("mimir") ?? lackingKubeconform();

const ways = { "classic, as in reference": "reference", "through Kafka": "every way to collect" };

describeUnless(noHelm, "Mimir's chart, rendered with our values", () => {
  describe.each(Object.entries(ways))("%s", (_, name) => {
    const fleet = ownFleets[name];
    const release = releasesOf(name).find(({ chart }) => chart === "mimir-distributed");
    let chart: RenderedChart;
    beforeAll(async () => {
      chart = await renderMimir(release?.values);
    }, 30 * 60_000);

    test("is valid", async () => {
      const path = join(folder, "mimir-rendered.yaml");
      await writeFile(path, chart.text);
      expect(await invalidObjects([path])).toBe("");
    }, 120_000);

    test("has the door as we wrote it, and every Service that the door sends to", () => {
      const values = release?.values as { gateway: { nginx: { config: { file: string } } } };
      const door = chart.file("nginx.conf");
      expect(door.trim()).toBe(values.gateway.nginx.config.file.trim());
      const sent = [...door.matchAll(/"([a-z-]+)\.mimir\.svc/gu)].map(([, service]) => service);
      const services = chart.objects.filter(({ kind }) => kind === "Service").map(({ metadata }) => metadata.name);
      const own = fleet?.notifier === "mimir" ? ["mimir-alertmanager"] : [];
      expect(new Set(sent)).toEqual(new Set(["mimir-distributor", "mimir-query-frontend", "mimir-ruler", ...own]));
      expect(services).toEqual(expect.arrayContaining(sent));
    });

    test("is a configuration that Mimir takes, in every part", async () => {
      const tenants = (fleet?.tenants ?? []).map(({ id }) => id).toSorted();
      expect(Object.keys((parse(chart.file("runtime.yaml")) as { overrides: object }).overrides)).toEqual(tenants);
      const path = join(folder, "mimir.yaml");
      await writeFile(path, chart.file("mimir.yaml"));
      const program = await tool("mimir");
      for (const target of [
        "distributor",
        "ingester",
        "querier",
        "query-frontend",
        "ruler",
        "alertmanager",
        "compactor",
        "store-gateway",
      ]) {
        const args = [`-config.file=${path}`, "-config.expand-env", `-target=${target}`, "-modules"];
        expect(`${target}: ${await accepted(program, args, { AZURE_STORAGE_ACCOUNT: "account" })}`).toBe(`${target}: `);
      }
    }, 60_000);
  });
});
