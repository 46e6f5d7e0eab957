import { execFile } from "node:child_process";

import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse, parseAllDocuments, stringify } from "yaml";
import { infrastructure } from "../../src/infra/index.ts";
import { credential } from "../../src/infra/place.ts";
import type { Release } from "../../src/infra/release.ts";
import { lacking, tool } from "../../src/servers/tools.ts";
import { accepted } from "../support/accepted.ts";
import { invalidObjects, lackingKubeconform } from "../support/kubernetes-schemas.ts";
import { describeUnless, describeWithTool } from "../support/needs.ts";
import { describeWithNginx, nginx } from "../support/nginx.ts";
import { ownFleets } from "../support/own-fleets.ts";

const run = promisify(execFile);
const fleets = Object.keys(ownFleets);

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleetglass-infra-"));
  for (const file of ["username", "password", "token", "ca.crt"]) await writeFile(join(folder, file), "");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function releasesOf(fleet: string): (Release & { readonly cluster: string })[] {
  const one = ownFleets[fleet];
  return one
    ? infrastructure(one).flatMap(({ cluster, releases }) =>
        releases.map((release) => ({ ...release, cluster: cluster.name })),
      )
    : [];
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
    const agents = releasesOf(fleet).filter(({ chart }) => chart === "prometheus");
    expect(agents.length).toBeGreaterThan(0);
    for (const { cluster, values } of agents) {
      const path = join(folder, "prometheus.yml");
      await writeFile(path, local(stringify(prometheusYml(values as PrometheusValues))));
      expect(`${cluster}: ${await accepted(promtool.path, ["check", "config", "--agent", path])}`).toBe(`${cluster}: `);
    }
  });
});

interface PrometheusValues {
  readonly server: { readonly global: object; readonly remoteWrite: object };
  readonly scrapeConfigs: Readonly<Record<string, { readonly enabled: boolean; readonly job_name?: string }>>;
}

/** What the chart makes of its values: the jobs that are enabled, without the word. */
function prometheusYml({ server, scrapeConfigs }: PrometheusValues): object {
  const jobs = Object.values(scrapeConfigs).filter(({ enabled }) => enabled);
  return {
    global: Object.fromEntries(Object.entries(server.global).filter(([, value]) => value !== null)),
    remote_write: server.remoteWrite,
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
  test.each(fleets)("in %s", async (fleet) => {
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

describeUnless(noHelm, "Mimir's chart, rendered with our values", () => {
  const release = releasesOf("reference").find(({ chart }) => chart === "mimir-distributed");
  let objects: {
    readonly kind: string;
    readonly metadata: { readonly name: string };
    readonly data?: Record<string, string>;
  }[] = [];
  let rendered = "";

  beforeAll(async () => {
    const chart = join(folder, "mimir-distributed");
    const { stdout: home } = await run("go", ["list", "-m", "-f", "{{.Dir}}", "github.com/grafana/mimir"], {
      cwd: "tools/mimir",
    });
    const source = join(home.trim(), "operations/helm/charts/mimir-distributed");
    await mkdir(chart);
    await cp(source, chart, {
      recursive: true,
      filter: (path) => !/mixins|Chart\.lock$/u.test(path) || path === source,
    });
    await run("chmod", ["-R", "u+w", chart]);
    // Charts that it brings along and the module does not: of them only the operator of rollouts is on.
    const about = parse(await readFile(join(chart, "Chart.yaml"), "utf8")) as object;
    await writeFile(join(chart, "Chart.yaml"), stringify({ ...about, dependencies: [] }));
    await writeFile(join(folder, "mimir-values.yaml"), stringify(release?.values));
    const { stdout } = await run(
      await tool("helm"),
      [
        "template",
        "mimir",
        chart,
        "--namespace",
        "mimir",
        "--kube-version",
        "1.34.0",
        "--values",
        join(folder, "mimir-values.yaml"),
      ],
      { maxBuffer: Infinity },
    );
    rendered = stdout;
    objects = parseAllDocuments(stdout).map((document) => document.toJS() as (typeof objects)[number]);
  }, 30 * 60_000);

  test("is valid", async () => {
    const path = join(folder, "mimir-rendered.yaml");
    await writeFile(path, rendered);
    expect(await invalidObjects([path])).toBe("");
  }, 120_000);

  test("has the door as we wrote it, and every Service that the door sends to", () => {
    const values = release?.values as { gateway: { nginx: { config: { file: string } } } };
    const door = objects.find(({ data: has }) => has?.["nginx.conf"] !== undefined)?.data?.["nginx.conf"];
    expect(door?.trim()).toBe(values.gateway.nginx.config.file.trim());
    const sent = [...(door ?? "").matchAll(/"([a-z-]+)\.mimir\.svc/gu)].map(([, name]) => name);
    const services = objects.filter(({ kind }) => kind === "Service").map(({ metadata }) => metadata.name);
    expect(new Set(sent)).toEqual(
      new Set(["mimir-distributor", "mimir-query-frontend", "mimir-ruler", "mimir-alertmanager"]),
    );
    expect(services).toEqual(expect.arrayContaining(sent));
  });

  test("is a configuration that Mimir takes, in every part", async () => {
    const config = objects.find(({ data: has }) => has?.["mimir.yaml"] !== undefined)?.data?.["mimir.yaml"] ?? "";
    const runtime = objects.find(({ data: has }) => has?.["runtime.yaml"] !== undefined)?.data?.["runtime.yaml"] ?? "";
    expect(Object.keys((parse(runtime) as { overrides: object }).overrides)).toEqual(["dev", "ops", "prd", "stg"]);
    const path = join(folder, "mimir.yaml");
    await writeFile(path, config);
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
