import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Resource } from "../../src/bundle.ts";
import { planFor } from "../../src/publish/apply.ts";
import { http } from "../../src/publish/http.ts";
import { mimirRuler } from "../../src/publish/mimir-ruler.ts";
import { fleetglass } from "../support/cli.ts";
import { startGrafana } from "../support/grafana.ts";
import { describeWithMimir } from "../support/needs.ts";

let folder: string;
let fleet: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleetglass-lacking-"));
  fleet = join(folder, "fleet.yaml");
});
afterAll(() => rm(folder, { recursive: true }));

const fleetOf = (manage: string): string => `name: lacking
environments: [{ name: lacking-dev }, { name: lacking-prd }]
clusters:
  - { name: dev-1, environment: lacking-dev, region: r1, mesh: istio }
  - { name: prd-1, environment: lacking-prd, region: r1, mesh: istio }
manage: [${manage}]
`;

test("a credential that may only look makes a plan, and nothing is begun with it", async () => {
  const grafana = await startGrafana({ viewer: true });
  if (grafana.real) return;
  try {
    const environment = { GRAFANA_URL: grafana.url, GRAFANA_TOKEN: grafana.token };
    const sources = ["mimir", "loki", "tempo"].flatMap((kind) =>
      ["lacking-dev", "lacking-prd", "all"].map(
        (scope) => `${kind}-${scope}: { uid: ${kind}-${scope}, manage: false }`,
      ),
    );
    await writeFile(fleet, `${fleetOf("folders, dashboards")}dataSources: { ${sources.join(", ")} }\n`);
    expect((await fleetglass(["plan", "--to", "live", "--fleet", fleet], environment)).code).toBe(2);
    const { code, errors } = await fleetglass(["publish", "--to", "live", "--fleet", fleet], environment);
    expect(errors).toContain("the credential may not make folders: give its service account the role Admin");
    expect(errors).toContain("the credential may not save boards");
    expect(errors).toContain("nothing was published");
    expect(code).toBe(1);
    expect(grafana.writes()).toEqual([]);
  } finally {
    await grafana.stop();
  }
});

describeWithMimir("a secret that is in no environment", (mimir) => {
  test("is asked for before anything is written, and a plan needs none", async () => {
    await writeFile(fleet, fleetOf("rules, routing"));
    const environment = { MIMIR_URL: mimir.url };
    expect((await fleetglass(["plan", "--to", "live", "--fleet", fleet], environment)).code).toBe(2);
    const { code, errors } = await fleetglass(["publish", "--to", "live", "--fleet", fleet], environment);
    expect(errors).toBe(
      [
        "error: SLACK_WEBHOOK_URL is not in the environment: Alertmanager configurations need it",
        "error: nothing was published",
      ].join("\n"),
    );
    expect(code).toBe(1);
    const rules = await fetch(`${mimir.url}/prometheus/config/v1/rules`, {
      headers: { "X-Scope-OrgID": "lacking-dev" },
    });
    expect(rules.status === 404 ? "{}" : (await rules.text()).trim()).toBe("{}");
  });
});

describeWithMimir(
  "a Mimir that takes no rules",
  (mimir) => {
    test.each([["plan", "--to", "live"], ["drift"]])(
      "%s says so, and calls it neither empty nor as wanted",
      async (...argv) => {
        await writeFile(fleet, fleetOf("rules"));
        const { code, errors } = await fleetglass([...argv, "--fleet", fleet], { MIMIR_URL: mimir.url });
        expect(errors).toBe(
          "error: Mimir has no API for rules at /prometheus/config/v1/rules: turn on the API of its ruler, or set rules: none at this backend in the fleet; or mend MIMIR_URL, if that is another server's address",
        );
        expect(code).toBe(1);
      },
    );
  },
  { without: "rules" },
);

describeWithMimir(
  "a tenant that is nearly full",
  (mimir) => {
    const tenant = "full";
    const ruler = (path: string, body: string) =>
      fetch(`${mimir.url}/prometheus/config/v1/rules/${path}`, {
        method: "POST",
        headers: { "X-Scope-OrgID": tenant },
        body,
      });
    const group = (name: string, rules: number): Resource => ({
      kind: "rule-group",
      at: { system: "mimir", tenant, namespace: "fleetglass-full" },
      id: name,
      needs: [],
      origin: "test",
      spec: {
        name,
        interval: "1m",
        rules: Array.from({ length: rules }, (_, at) => ({ record: `a:${name}${at}`, expr: "vector(1)" })),
      },
    });
    const changes = async (resources: readonly Resource[]) => {
      const server = { name: "Mimir", url: mimir.url, headers: {}, credential: "", variable: "" };
      const about = { title: "Mimir", tenant, header: "X-Scope-OrgID", namespace: "fleetglass-full" };
      return (await planFor(resources, [mimirRuler(http(server), about)])).flatMap((one) => one.changes);
    };

    test("is told of in the plan, with others' groups, and before a group that is too long", async () => {
      expect((await ruler("theirs", 'name: a\nrules: [{ record: "a:b", expr: "vector(1)" }]\n')).status).toBe(202);
      expect((await changes([group("one", 1), group("two", 1)])).map(({ action }) => action)).toEqual([
        "create",
        "create",
      ]);
      expect(await changes([group("one", 1), group("two", 1), group("three", 1)])).toMatchObject([
        {
          action: "refuse",
          reason:
            "tenant full would have 3 rule groups of ours beside 1 of others, and at 4 its ruler refuses every change",
          mend: expect.stringContaining("raise ruler_max_rule_groups_per_tenant to 10 or more"),
        },
        { action: "create" },
        { action: "create" },
      ]);
      expect(await changes([group("long", 3)])).toMatchObject([
        { action: "refuse", reason: "it has 3 rules, and the ruler of tenant full allows 2 in a group" },
      ]);
    });
  },
  { limits: { full: { ruler_max_rule_groups_per_tenant: 4, ruler_max_rules_per_rule_group: 2 } } },
);
