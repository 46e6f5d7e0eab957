import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { parse, parseAllDocuments } from "yaml";
import { referenceFleet } from "../../src/fleet/reference.ts";
import { infrastructure, infrastructureFiles } from "../../src/infra/index.ts";
import { lacking, tool } from "../../src/servers/tools.ts";
import { invalidObjects, lackingKubeconform } from "../support/kubernetes-schemas.ts";
import { describeUnless } from "../support/needs.ts";
import { ownFleets } from "../support/own-fleets.ts";

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
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly path?: string;
    readonly dependsOn?: readonly Reference[];
    readonly healthChecks?: readonly Reference[];
    readonly valuesFrom?: readonly Reference[];
    readonly chart?: { readonly spec: { readonly sourceRef: Reference } };
  };
}

test("the reference fleet's clusters have the folders of the original plan", () => {
  const folders = infrastructureFiles(referenceFleet).map(({ path }) => path.split("/").slice(0, 3).join("/"));
  expect([...new Set(folders)].toSorted()).toEqual(
    ["dev", "ops", "prd", "stg"].map((environment) => `flux-config/clusters/platform-core-${environment}-aks`),
  );
  const paths = infrastructureFiles(referenceFleet).map(({ path }) => path);
  const here = (environment: string, part: string): string =>
    `flux-config/clusters/platform-core-${environment}-aks/infrastructure/observability/${part}`;
  for (const part of [
    "opentelemetry/otel-gateway.yaml",
    "prometheus-agent/prometheus-agent.yaml",
    "promtail/promtail.yaml",
  ]) {
    expect(paths).toContain(here("dev", part));
  }
  for (const part of ["mimir/mimir.yaml", "loki/loki.yaml", "tempo/tempo.yaml"])
    expect(paths).toContain(here("ops", part));
});

describeUnless(lacking("kustomize") ?? lackingKubeconform(), "what Flux reads", () => {
  const built = new Map<string, readonly Applied[]>();
  const files: string[] = [];
  let folder = "";

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fleetglass-flux-"));
    const kustomize = await tool("kustomize");
    for (const [name, fleet] of Object.entries(ownFleets)) {
      const root = join(folder, name.replaceAll(" ", "-"));
      const all = infrastructureFiles(fleet);
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

  test("a release gets the values that lie beside it", () => {
    const releases = infrastructure(referenceFleet).flatMap(({ releases: all }) => all);
    const maps = [...built]
      .filter(([place]) => place.startsWith("reference"))
      .flatMap(([, all]) => all.filter(({ kind }) => kind === "ConfigMap"));
    expect(maps).toHaveLength(releases.length);
    const given = new Set(maps.map(({ data }) => JSON.stringify(parse(data?.["values.yaml"] ?? ""))));
    for (const { values } of releases) expect(given).toContain(JSON.stringify(values));
  });
});

function objects(text: string): Applied[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Applied);
}
