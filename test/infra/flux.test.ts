import { readFileSync } from "node:fs";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { parse, parseAllDocuments } from "yaml";
import type { Fleet } from "../../src/fleet/model.ts";
import { referenceFleet } from "../../src/fleet/reference.ts";
import { bundle, contentOf } from "../../src/bundle.ts";
import { isOwn } from "../../src/infra/release.ts";
import { secretsOf } from "../../src/infra/secrets.ts";
import { defineProject } from "../../src/project.ts";
import { render } from "../../src/render/render.ts";
import { lacking, tool } from "../../src/servers/tools.ts";
import { invalidObjects, lackingKubeconform } from "../support/kubernetes-schemas.ts";
import { describeUnless } from "../support/needs.ts";
import { infrastructureOf, ownFleets } from "../support/own-fleets.ts";

const run = promisify(execFile);

interface Reference {
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
  readonly valuesKey?: string;
}

/** As much of an object as others name. */
interface Applied {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly path?: string;
    readonly dependsOn?: readonly Reference[];
    readonly healthChecks?: readonly Reference[];
    readonly valuesFrom?: readonly Reference[];
    readonly chart?: { readonly spec: { readonly sourceRef: Reference } };
  };
}

const generated = new Map<Fleet, readonly { readonly path: string; readonly text: string }[]>();

/** All of a fleet, as `out/` has it. */
function filesOf(fleet: Fleet): readonly { readonly path: string; readonly text: string }[] {
  const known =
    generated.get(fleet) ??
    render(bundle(defineProject({ fleet }))).map(({ id, spec }) => ({ path: id, text: spec.text }));
  generated.set(fleet, known);
  return known;
}

function treeOf(fleet: Fleet): { readonly path: string; readonly text: string }[] {
  return filesOf(fleet).filter(({ path }) => path.startsWith("flux-config/"));
}

test("the reference fleet's clusters have the folders and files of the original plan", () => {
  const paths = treeOf(referenceFleet).map(({ path }) => path);
  const folders = paths.map((path) => path.split("/").slice(0, 3).join("/"));
  expect([...new Set(folders)].toSorted()).toEqual(
    ["dev", "ops", "prd", "stg"].map((environment) => `flux-config/clusters/platform-core-${environment}-aks`),
  );
  const here = (environment: string, part: string): string =>
    `flux-config/clusters/platform-core-${environment}-aks/infrastructure/observability/${part}`;
  for (const part of [
    "opentelemetry/otel-gateway.yaml",
    "prometheus-agent/prometheus-agent.yaml",
    "promtail/promtail.yaml",
  ]) {
    expect(paths).toContain(here("dev", part));
  }
  for (const part of [
    "mimir/mimir.yaml",
    "loki/loki.yaml",
    "tempo/tempo.yaml",
    "grafana/grafana.yaml",
    "grafana/dashboards/multi-cluster-overview.json",
    "grafana/dashboards/environment-comparison.json",
    "grafana/dashboards/cross-cluster-applications.json",
    "grafana/dashboards/gpu-monitoring-all-clusters.json",
  ]) {
    expect(paths).toContain(here("ops", part));
  }
});

test("what is generated stays reviewable: less than 6 MB, and no file above 400 kB", () => {
  const sizes = filesOf(referenceFleet).map(({ path, text }) => ({ path, bytes: Buffer.byteLength(text) }));
  expect(sizes.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(6e6);
  expect(sizes.filter(({ bytes }) => bytes > 400_000)).toEqual([]);
});

test.each(Object.keys(ownFleets))("every Secret that something of %s names is in the list, and no other", (name) => {
  const fleet = ownFleets[name];
  if (!fleet || !isOwn(fleet)) throw new Error("its infrastructure is its own");
  const content = contentOf(defineProject({ fleet }));
  const docs = readFileSync("docs/infrastructure.md", "utf8");
  const vault = fleet.infrastructure.keyVault !== undefined;
  for (const { cluster, releases, afterwards, secrets } of infrastructureOf(name)) {
    const needed = secretsOf(fleet, cluster, content);
    const named = [
      ...releases.flatMap(({ namespace, values }) => secretNames(values).map((one) => `${namespace}/${one}`)),
      ...afterwards.flatMap(({ metadata, spec }) => secretNames(spec).map((one) => `${metadata.namespace}/${one}`)),
    ];
    expect([...new Set(named)].toSorted()).toEqual(needed.map((one) => `${one.namespace}/${one.name}`).toSorted());
    expect(needed.filter((need) => !docs.includes(`\`${need.name}\``))).toEqual([]);
    // With a vault each is read from there, but for certificates.
    expect(secrets.filter(({ kind }) => kind === "ExternalSecret").map(({ metadata }) => metadata)).toEqual(
      needed
        .filter(({ certificate }) => vault && certificate !== true)
        .map((one) => ({ name: one.name, namespace: one.namespace })),
    );
  }
});

/** Wherever Kubernetes' objects and the charts' values name a Secret. */
function secretNames(values: unknown, key = ""): string[] {
  if (Array.isArray(values)) return values.flatMap((item) => secretNames(item, key));
  if (typeof values !== "object" || values === null) {
    return typeof values === "string" && ["existingSecret", "secretName", "secrets"].includes(key) ? [values] : [];
  }
  return Object.entries(values).flatMap(([name, item]) =>
    name === "name" && ["secretRef", "envFromSecrets"].includes(key) ? [String(item)] : secretNames(item, name),
  );
}

describeUnless(lacking("kustomize") ?? lackingKubeconform(), "what Flux reads", () => {
  const built = new Map<string, readonly Applied[]>();
  const files: string[] = [];
  let folder = "";

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fleetglass-flux-"));
    const kustomize = await tool("kustomize");
    for (const [name, fleet] of Object.entries(ownFleets)) {
      const root = join(folder, name.replaceAll(" ", "-"));
      const all = treeOf(fleet);
      for (const { path, text } of all) {
        await mkdir(dirname(join(root, path)), { recursive: true });
        await writeFile(join(root, path), text);
      }
      for (const { path } of all.filter((file) => file.path.endsWith("/kustomization.yaml"))) {
        const { stdout } = await run(kustomize, ["build", join(root, dirname(path))], { maxBuffer: Infinity });
        const file = join(folder, `${root.split("/").at(-1)}-${built.size}.yaml`);
        await writeFile(file, stdout);
        files.push(file);
        built.set(`${name}: ${dirname(path)}`, objects(stdout));
      }
      for (const { path, text } of all.filter(
        (file) => file.path.endsWith("-resources.yaml") || /\/clusters\/[^/]+\/observability\.yaml$/u.test(file.path),
      )) {
        files.push(join(root, path));
        built.set(`${name}: ${path}`, objects(text));
      }
    }
  }, 30 * 60_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("is valid", async () => expect(await invalidObjects(files)).toBe(""), 180_000);

  test("every name leads somewhere", () => {
    const lost: string[] = [];
    for (const [place, all] of built) {
      const has = ({ kind, name, namespace }: Reference): boolean =>
        all.some((one) => one.kind === kind && one.metadata.name === name && one.metadata.namespace === namespace);
      for (const { kind, metadata, spec } of all) {
        const own = metadata.namespace;
        const wanted: Reference[] = [
          ...(spec?.valuesFrom ?? []).map((one) => ({ ...one, ...(own !== undefined && { namespace: own }) })),
          ...(spec?.chart ? [spec.chart.spec.sourceRef] : []),
          ...(spec?.dependsOn ?? []).map((one) => ({ kind, namespace: own ?? "", ...one })),
        ];
        for (const reference of wanted.filter((one) => !has(one))) {
          lost.push(`${place}: ${kind} ${metadata.name} names ${JSON.stringify(reference)}`);
        }
        if (kind !== "Kustomization") continue;
        const [fleet = ""] = place.split(": ");
        const path = `${fleet}: flux-config/${spec?.path?.replace("./", "")}`;
        const target = built.get(path);
        if (!target) lost.push(`${place}: ${metadata.name} applies ${spec?.path}, which is not there`);
        for (const check of spec?.healthChecks ?? []) {
          const found = target?.some((one) => one.kind === check.kind && one.metadata.name === check.name);
          if (found !== true) lost.push(`${place}: ${metadata.name} waits for ${check.name}, which it does not apply`);
        }
      }
    }
    expect(lost).toEqual([]);
  });

  test("a board is mounted where Grafana's provisioning file looks for it, and fits into a ConfigMap", () => {
    const fleet = "every way to collect";
    const all = [...built].filter(([place]) => place.startsWith(`${fleet}: `)).flatMap(([, objects]) => objects);
    const boards = all.filter(({ metadata }) => metadata.labels?.["grafana_dashboard"] === "1");
    const providers = all.find(({ metadata }) => metadata.name === "fleetglass-dashboard-providers")?.data ?? {};
    const { providers: folders } = parse(providers["fleetglass.yaml"] ?? "") as {
      providers: { options: { path: string } }[];
    };
    const grafana = infrastructureOf(fleet)
      .flatMap(({ releases }) => releases)
      .find(({ name }) => name === "grafana");
    const { sidecar } = (grafana?.values ?? {}) as { sidecar: { dashboards: { folder: string } } };
    const mounted = boards.map(
      ({ metadata }) => `${sidecar.dashboards.folder}/${metadata.annotations?.["grafana_folder"]}`,
    );
    expect([...new Set(mounted)].toSorted()).toEqual(folders.map(({ options }) => options.path).toSorted());
    expect(boards.length).toBeGreaterThan(30);
    for (const { data } of boards) expect(JSON.stringify(data).length).toBeLessThan(1_000_000);
  });

  test("a release gets the values that lie beside it", () => {
    const releases = infrastructureOf("reference").flatMap(({ releases: all }) => all);
    const maps = [...built]
      .filter(([place]) => place.startsWith("reference"))
      .flatMap(([, all]) =>
        all.filter(({ kind, data }) => kind === "ConfigMap" && data?.["values.yaml"] !== undefined),
      );
    expect(maps).toHaveLength(releases.length);
    const given = new Set(maps.map(({ data }) => JSON.stringify(parse(data?.["values.yaml"] ?? ""))));
    for (const { values } of releases) expect(given).toContain(JSON.stringify(values));
  });
});

function objects(text: string): Applied[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Applied);
}
