import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { ruleFormat } from "../../src/cli/servers.ts";
import { bundle, type FileResource } from "../../src/bundle.ts";
import { referenceInput } from "../../src/fleet/reference-input.ts";
import { resolveFleet } from "../../src/fleet/resolve.ts";
import { defineProject } from "../../src/project.ts";
import { render } from "../../src/render/render.ts";
import { lacking, tool } from "../../src/servers/tools.ts";
import { hcl, is } from "../../src/terraform/hcl.ts";
import { providers, resource } from "../../src/terraform/model.ts";
import { describeUnless } from "../support/needs.ts";

const run = promisify(execFile);

const fleets = {
  reference: referenceInput,
  "another way of everything": {
    ...referenceInput,
    infrastructure: { boards: "flux", redis: true, mimirKafka: "kafka.kafka.svc:9092" },
    alerting: { notifier: "alertmanager" },
    defaults: { ...referenceInput.defaults, metricsAgent: "alloy", logsAgent: "alloy", agentsBy: "operators" },
    backends: [{ kind: "mimir", url: "http://mimir-gateway.monitoring.svc/prometheus" }],
  },
} as const;

test("an argument that a resource does not have does not compile", () => {
  const right = resource("azurerm_resource_group", "one", { name: "one", location: "uaenorth" });
  // @ts-expect-error: it is called location
  const wrong = resource("azurerm_resource_group", "one", { name: "one", region: "uaenorth" });
  // @ts-expect-error: a location is needed
  const less = resource("azurerm_resource_group", "one", { name: "one" });
  const deep = resource("azurerm_storage_account", "one", {
    name: "one",
    resource_group_name: "one",
    location: "uaenorth",
    account_tier: "Standard",
    account_replication_type: "GRS",
    // @ts-expect-error: days and not day
    blob_properties: { delete_retention_policy: { day: 7 } },
  });
  expect([right, wrong, less, deep]).toHaveLength(4);
});

test("the text is what tofu fmt leaves, and what would begin a template is text", () => {
  const text = hcl([
    {
      type: "locals",
      comment: "One.\nTwo.",
      attributes: { a: 1, long: ["${x}", is("var.y")], nested: { b: true, "a key": "%{c}" }, empty: {} },
      blocks: [{ type: "inner", labels: ["x"] }],
    },
  ]);
  expect(text).toBe(`# One.
# Two.
locals {
  a    = 1
  long = ["$\${x}", var.y]
  nested = {
    b       = true
    "a key" = "%%{c}"
  }
  empty = {}

  inner "x" {}
}
`);
});

describeUnless(lacking("tofu") ?? lacking("terraform-model"), "OpenTofu", () => {
  let folder = "";
  let environment: NodeJS.ProcessEnv = {};

  const tofu = async (...args: readonly string[]): Promise<string> => {
    try {
      await run(await tool("tofu"), args, { env: environment, maxBuffer: Infinity });
      return "";
    } catch (error) {
      const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
      return `${stdout}${stderr}`;
    }
  };

  const generated = new Map<string, readonly FileResource[]>();

  /** What a fleet's files are, on disk. */
  async function written(name: keyof typeof fleets): Promise<string> {
    const root = join(folder, name.replaceAll(" ", "-"));
    const files = generated.get(name) ?? render(bundle(defineProject({ fleet: resolveFleet(fleets[name]) })));
    generated.set(name, files);
    for (const { id, spec } of files) {
      if (!/^terraform\/|\.values\.yaml$/u.test(id)) continue;
      await mkdir(dirname(join(root, id)), { recursive: true });
      await writeFile(join(root, id), spec.text);
    }
    return join(root, "terraform");
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fleetglass-terraform-"));
    const plugins = join(folder, "plugins");
    await mkdir(plugins);
    const provider = await tool("terraform-model");
    const overrides = [];
    for (const [name, { source }] of Object.entries(providers)) {
      await copyFile(provider, join(plugins, `terraform-provider-${name}`));
      overrides.push(`    ${JSON.stringify(source)} = ${JSON.stringify(plugins)}`);
    }
    await writeFile(join(folder, "model.json"), JSON.stringify(providers));
    await writeFile(
      join(folder, "tofurc"),
      `provider_installation {\n  dev_overrides {\n${overrides.join("\n")}\n  }\n  direct {}\n}\n`,
    );
    environment = {
      ...process.env,
      FLEETGLASS_MODEL: join(folder, "model.json"),
      TF_CLI_CONFIG_FILE: join(folder, "tofurc"),
      TF_IN_AUTOMATION: "1",
      CHECKPOINT_DISABLE: "1",
    };
  }, 30 * 60_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each(["reference", "another way of everything"] as const)(
    "has nothing to format in %s, and every reference and argument holds against the model",
    async (name) => {
      const root = await written(name);
      expect(await tofu("fmt", "-check", "-recursive", "-diff", root)).toBe("");
      const environments = await readdir(join(root, "envs"));
      expect(environments.toSorted()).toEqual(["dev-uaenorth", "ops-uaenorth", "prd-uaenorth", "stg-uaenorth"]);
      for (const one of environments) {
        const here = `-chdir=${join(root, "envs", one)}`;
        expect(await tofu(here, "get")).toBe("");
        expect(`${one}: ${await tofu(here, "validate", "-no-color")}`).toBe(`${one}: `);
      }
    },
    120_000,
  );

  test("takes the rules of a fleet on Azure Managed Prometheus", async () => {
    const fleet = resolveFleet({
      name: "azure",
      environments: [{ name: "dev" }, { name: "prd" }],
      clusters: [
        { name: "dev-1", environment: "dev", region: "uaenorth" },
        { name: "prd-1", environment: "prd", region: "uaenorth" },
      ],
      backends: [{ kind: "azure-managed", url: "https://one.uaenorth.prometheus.monitor.azure.com" }],
    });
    const project = defineProject({ fleet });
    const resources = bundle(project);
    const files = render(resources, ruleFormat(project)).filter(({ id }) => id.startsWith("terraform/"));
    const root = join(folder, "azure");
    for (const { id, spec } of files) {
      await mkdir(dirname(join(root, id)), { recursive: true });
      await writeFile(join(root, id), spec.text);
    }
    expect(await tofu("fmt", "-check", "-recursive", "-diff", root)).toBe("");
    expect(await tofu(`-chdir=${root}/terraform/prometheus-rule-groups`, "validate", "-no-color")).toBe("");
    const rules = resources.flatMap((one) => (one.kind === "rule-group" ? one.spec.rules : []));
    const text = files.map(({ spec }) => spec.text).join("\n");
    expect([...text.matchAll(/^ {4}expression /gmu)]).toHaveLength(rules.length);
    expect(rules.length).toBeGreaterThan(100);
  }, 60_000);

  test("would say what is wrong", async () => {
    const root = await written("reference");
    const file = join(root, "modules/observability-central/storage.tf");
    const text = await readFile(file, "utf8");
    const module = `-chdir=${dirname(file)}`;
    for (const [from, to, words] of [
      ["azurerm_storage_account.stack.id", "azurerm_storage_account.stock.id", "stock"],
      ["account_tier", "account_teer", "account_teer"],
      ["azurerm_storage_account.stack.id", "azurerm_storage_account.stack.ids", "ids"],
      ["var.key_vault", "var.keyvault", "keyvault"],
    ] as const) {
      await writeFile(file, text.replace(from, to));
      expect(await tofu(module, "validate", "-no-color")).toContain(words);
    }
  }, 60_000);

  test("what it writes into the vault is what External Secrets reads", async () => {
    await written("reference");
    const all = generated.get("reference") ?? [];
    const text = (pattern: RegExp): string =>
      all
        .filter(({ id }) => pattern.test(id))
        .map(({ spec }) => spec.text)
        .join("\n");
    const names = [
      ...text(/observability-central\/.*\.tf$/u).matchAll(/key_vault_secret" "\w+" \{\n +name += "([^"]+)"/gu),
    ];
    const read = [...text(/\/secrets\.yaml$/u).matchAll(/^ +key: (\S+)$/gmu)].map(([, key]) => key);
    expect(names.length).toBeGreaterThan(4);
    expect(read).toEqual(expect.arrayContaining(names.map(([, name]) => name)));
  });

  test("the files are those of the original plan", async () => {
    const root = await written("reference");
    const central = await readdir(join(root, "modules/observability-central"));
    expect(central).toEqual(
      expect.arrayContaining(
        ["main", "variables", "mimir", "loki", "tempo", "grafana", "storage"].map((name) => `${name}.tf`),
      ),
    );
    const agent = await readdir(join(root, "modules/observability-agent"));
    expect(agent).toEqual(
      expect.arrayContaining(
        ["main", "variables", "prometheus-agent", "otel-collector", "promtail"].map((name) => `${name}.tf`),
      ),
    );
    expect(await readdir(join(root, "envs/ops-uaenorth"))).toContain("observability-central.tf");
    expect(await readdir(join(root, "envs/dev-uaenorth"))).toContain("observability-agent.tf");
  });
});
