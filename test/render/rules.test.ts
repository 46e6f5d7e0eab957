import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { parse, parseAllDocuments, stringify } from "yaml";
import { grafanaRules } from "../../src/render/grafana-rules.ts";
import { fleetglass } from "../support/cli.ts";
import { invalidObjects, lackingKubeconform } from "../support/kubernetes-schemas.ts";
import { describeUnless, describeWithData, describeWithTool } from "../support/needs.ts";

const run = promisify(execFile);

describe.each([
  { name: "reference", argv: [] },
  { name: "atlas", argv: ["--fleet", "test/fleets/atlas.yaml"] },
])("the rendered rules of the $name fleet", ({ argv }) => {
  let folder: string;
  let files: string[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fleetglass-rules-"));
    await fleetglass(["build", "--out", folder, ...argv]);
    const all = await readdir(join(folder, "rules"), { recursive: true });
    files = all.filter((file) => file.endsWith(".yaml")).map((file) => join(folder, "rules", file));
    expect(files.length).toBeGreaterThan(2);
  });
  afterAll(() => rm(folder, { recursive: true }));

  describeWithTool("promtool", "promtool", (promtool) => {
    test("accepts them, but for the two keys that are Mimir's", async () => {
      const { stdout } = await run(promtool.path, ["check", "rules", "--ignore-unknown-fields", ...files]);
      expect(stdout.match(/SUCCESS/gu)).toHaveLength(files.length);
      const strict = await run(promtool.path, ["check", "rules", ...files]).catch((error: { stderr: string }) => error);
      const unknown = [...strict.stderr.matchAll(/field (\w+) not found/gu)].map(([, field = ""]) => field);
      expect(new Set(unknown)).toEqual(new Set(["namespace", "source_tenants"]));
    });
  });

  describeWithTool("mimirtool", "mimirtool", (mimirtool) => {
    test("accepts them", async () => {
      // A file at a time: each is one tenant's, under the same namespace.
      for (const file of files) await run(mimirtool.path, ["rules", "check", file]);
    });
  });
});

/** The small fleet on one Prometheus, whose rules get there in this way. */
async function rendered(folder: string, out: string, backend: object): Promise<void> {
  const { tenancy: _, ...small } = parse(await readFile("test/fleets/small.yaml", "utf8")) as Record<string, unknown>;
  const fleet = join(folder, "fleet.yaml");
  const prometheus = { kind: "prometheus", url: "http://prometheus.example", ...backend };
  await writeFile(fleet, stringify({ ...small, backends: [prometheus] }));
  const { code, errors } = await fleetglass(["build", "--fleet", fleet, "--out", join(folder, out)]);
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
}

interface RuleFile {
  readonly groups: readonly {
    readonly name: string;
    readonly rules: readonly { readonly alert?: string; readonly record?: unknown; readonly expr?: string }[];
  }[];
}

describe("the same rules for those who have no ruler with an API", () => {
  let folder: string;
  let plain: RuleFile;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fleetglass-rule-forms-"));
    await rendered(folder, "plain", {});
    plain = parse(
      await readFile(join(folder, "plain/rules/platform-core/fleetglass-platform-core.yaml"), "utf8"),
    ) as RuleFile;
  });
  afterAll(() => rm(folder, { recursive: true }));

  describeUnless(lackingKubeconform(), "as PrometheusRule objects", () => {
    let file: string;
    beforeAll(async () => {
      await rendered(folder, "objects", { rules: "prometheusrule", ruleLabels: { release: "kube-prometheus-stack" } });
      file = join(folder, "objects/rules/platform-core/fleetglass-platform-core.yaml");
    });

    test("they are what the operator's definition says, and hold every rule as it is", async () => {
      expect(await invalidObjects([file])).toBe("");
      const objects = parseAllDocuments(await readFile(file, "utf8")).map(
        (document) => document.toJS() as { readonly spec: RuleFile; readonly metadata: { readonly labels?: object } },
      );
      expect(objects.map(({ metadata }) => metadata.labels)).toEqual([{ release: "kube-prometheus-stack" }]);
      expect(objects.flatMap(({ spec }) => spec.groups)).toEqual(plain.groups);
    });

    test("a planted mistake is found", async () => {
      const wrong = join(folder, "wrong.yaml");
      await writeFile(wrong, (await readFile(file, "utf8")).replaceAll("keep_firing_for:", "keepFiringFor:"));
      expect(await invalidObjects([wrong])).toContain("keepFiringFor");
    });
  });

  describeWithData("as Grafana's own", (data) => {
    test("they are what Grafana's provisioning reads, all of them, and titles and uids are unique", async () => {
      await rendered(folder, "grafana", { rules: "grafana" });
      const text = await readFile(join(folder, "grafana/grafana/provisioning/alerting/fleetglass.yaml"), "utf8");
      const file = parse(text) as { readonly groups: readonly { readonly rules: readonly GrafanaRule[] }[] };
      const check = await grafanaFile(data);
      expect(check(file)).toEqual([]);
      const rules = file.groups.flatMap((group) => group.rules);
      expect(rules.map(({ data: [query] }) => query?.model.expr)).toEqual(
        // All but the signature of a ruler's namespace.
        plain.groups.flatMap(({ name, rules }) => (name === "fleetglass" ? [] : rules.map(({ expr }) => expr))),
      );
      for (const key of ["uid", "title"] as const)
        expect(new Set(rules.map((rule) => rule[key])).size).toBe(rules.length);
      // As Grafana 12.4 reads a file: a dollar in annotations and queries is one, elsewhere a variable of its environment.
      const { texts, expanded } = dollarsIn(rules);
      expect(texts.filter((one) => one.includes("$$"))).toEqual([]);
      expect(texts).toContain("!is_null($A)");
      expect(texts.join("\n")).toContain("{{ $labels.cluster }}");
      expect(expanded.join("\n").replaceAll("$$", "")).not.toContain("$");
      const down = rules.find(({ title }) => title === "WorkloadDown outage");
      expect(down?.labels).toMatchObject({ severity: "critical", alert: "WorkloadDown" });
      const files = await readdir(join(folder, "grafana"), { recursive: true });
      expect(files.filter((path) => path.startsWith("rules/"))).toEqual([]);
    });

    test("a slash in the folder's title is none between two folders", () => {
      const group = {
        kind: "rule-group",
        at: { system: "mimir", tenant: "dev", namespace: "n" },
        id: "g",
        needs: [],
        origin: "test",
        spec: { name: "g", interval: "1m", rules: [{ record: "a:b", expr: "b" }] },
      } as const;
      const where = { organisation: 1, folder: { uid: "f", title: "A / B rules" }, source: "s" };
      expect(grafanaRules([group], where)).toMatchObject({ groups: [{ folder: String.raw`A \/ B rules` }] });
    });

    test("a key that Grafana does not know is found", async () => {
      const rule = { uid: "a", title: "A", condition: "B", data: [], for: "1m", keep_firing_for: "1m" };
      const check = await grafanaFile(data);
      expect(check({ apiVersion: 1, groups: [{ name: "g", folder: "f", interval: "1m", rules: [rule] }] })).toEqual([
        expect.stringContaining("keep_firing_for"),
      ]);
    });
  });

  test("are refused where tenants have data sources of their own", async () => {
    const small = parse(await readFile("test/fleets/small.yaml", "utf8")) as Record<string, unknown>;
    const fleet = join(folder, "tenants.yaml");
    await writeFile(
      fleet,
      stringify({ ...small, backends: [{ kind: "mimir", url: "http://mimir.example", rules: "grafana" }] }),
    );
    const { code, errors } = await fleetglass(["lint", "--fleet", fleet]);
    expect(errors).toContain("set tenancy.mode to single");
    expect(code).toBe(1);
  });
});

/** What Grafana takes as it stands, and what it expands. */
function dollarsIn(rules: readonly GrafanaRule[]): { readonly texts: string[]; readonly expanded: string[] } {
  const texts = rules.flatMap(({ annotations = {}, data }) => [
    ...Object.values(annotations),
    ...data.flatMap(({ model }) => [model.expr ?? "", model.expression ?? ""]),
  ]);
  const rest = rules.map(({ annotations: _annotations, data, ...rule }) =>
    stringify({ ...rule, data: data.map(({ model: _model, ...query }) => query) }),
  );
  return { texts, expanded: rest };
}

interface GrafanaRule {
  readonly uid: string;
  readonly title: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly data: readonly { readonly model: { readonly expr?: string; readonly expression?: string } }[];
}

type Schema = Record<string, unknown> & { readonly properties?: Readonly<Record<string, unknown>> };

/** What a provisioning file of alerting has that Grafana's document of its export does not know; every key must be one of its own. */
async function grafanaFile(data: string): Promise<(file: unknown) => string[]> {
  const text = await readFile(join(data, "openapi/grafana-13.0.0.rebuilt.openapi3.json"), "utf8");
  const { components } = JSON.parse(text) as { components: { schemas: Record<string, Schema> } };
  const closed = Object.fromEntries(
    Object.entries(components.schemas).map(([name, schema]) => [
      name,
      schema.properties && schema["additionalProperties"] === undefined
        ? { ...schema, additionalProperties: false }
        : schema,
    ]),
  );
  const ajv = new Ajv({ strict: false, allErrors: true, validateSchema: false });
  addFormats.default(ajv);
  ajv.addSchema({ $id: "grafana", components: { schemas: closed } });
  const validate = ajv.compile({ $ref: "grafana#/components/schemas/AlertingFileExport" });
  return (file) => {
    validate(file);
    return (validate.errors ?? []).map((one) => `${one.instancePath} ${one.message} ${JSON.stringify(one.params)}`);
  };
}
