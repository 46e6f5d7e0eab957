import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { alertmanagerOf, bundle, type FileResource } from "../../src/bundle.ts";
import type { FleetInput } from "../../src/fleet/model.ts";
import { parseFleet } from "../../src/fleet/parse.ts";
import { defineFleet, defineProject, type Project } from "../../src/project.ts";
import { referenceInput } from "../../src/fleet/reference-input.ts";
import { sharedRouting } from "../../src/routing/routing.ts";
import { severities, tierOf, urgencyPolicy } from "../../src/routing/urgency.ts";
import { testFleet } from "../support/fleets.ts";
import { describeWithTool } from "../support/needs.ts";

const run = promisify(execFile);

/** Every way of telling people, each with a secret of its own name. */
const receivers: NonNullable<FleetInput["alerting"]>["receivers"] = [
  { kind: "slack", channel: "#alerts" },
  { kind: "pagerduty", urgencies: ["page"] },
  { kind: "teams", urgencies: ["ticket"], environments: ["prd"] },
  { kind: "email", to: "sre@example.com", smarthost: "smtp.example.com:587", user: "sre", urgencies: ["chat"] },
  { kind: "webhook", secret: "BRIDGE_URL" },
  { kind: "heartbeat" },
  { kind: "heartbeat", environments: ["prd"], secret: "HEARTBEAT_URL_PRD" },
];
/** By our own values its routes are in them. */
const { infrastructure: _ours, ...elsewhere } = referenceInput;
const everyWay = (notifier: "mimir" | "alertmanager") =>
  defineFleet({ ...elsewhere, alerting: { notifier, receivers }, manage: ["rules", "routing"] });

const planted = "https://hooks.example.com/services/T0/B0/planted-secret";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleetglass-routing-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** The configuration of one Alertmanager in files, as its pod has them, with the templates beside it. */
async function shared(fleet: Parameters<typeof sharedRouting>[0]): Promise<string> {
  const files = filesOf(defineProject({ fleet }));
  for (const { id, spec } of files) {
    const text = spec.text.replaceAll("/etc/alertmanager/config/", `${folder}/`);
    await writeFile(join(folder, id.replace("alertmanager/", "")), text);
  }
  return join(folder, "alertmanager.yaml");
}

describeWithTool("a fleet's one Alertmanager", "amtool", (amtool) => {
  test.each([
    { name: "the reference fleet, with every receiver", fleet: everyWay("alertmanager") },
    {
      name: "atlas, with Slack and other label names",
      fleet: { ...testFleet("atlas"), notifier: "alertmanager" as const, manage: ["routing" as const] },
    },
  ])("takes the routing of $name", async ({ fleet }) => {
    const { stdout } = await run(amtool.path, ["check-config", await shared(fleet)]);
    expect(stdout).toContain("SUCCESS");
    expect(stdout).toMatch(/1 templates/u);
  });

  test("every severity in every environment goes where the policy says, whatever the component", async () => {
    const fleet = everyWay("alertmanager");
    const config = await shared(fleet);
    const names = { page: "critical", ticket: "alerts", chat: "chat" } as const;
    const found: string[] = [];
    const wanted: string[] = [];
    for (const environment of fleet.environments) {
      for (const severity of severities) {
        const { inHours, outside } = urgencyPolicy[severity][tierOf(fleet, environment)];
        const urgency = inHours === "drop" ? outside : inHours;
        const slug = environment.title.toLowerCase();
        for (const component of ["cluster", "workloads", "mimir", "slo"]) {
          const labels = [`environment=${environment.name}`, `severity=${severity}`, `component=${component}`];
          const { stdout } = await run(amtool.path, ["config", "routes", "test", `--config.file=${config}`, ...labels]);
          found.push(`${labels.join(" ")}: ${stdout.trim()}`);
          wanted.push(`${labels.join(" ")}: ${urgency === "drop" ? "nobody" : `${slug}-${names[urgency]}`}`);
        }
      }
    }
    expect(found).toEqual(wanted);
    expect(found).toContain("environment=prd severity=critical component=slo: production-critical");
    expect(found).toContain("environment=ops severity=critical component=mimir: operations-critical");
    expect(found).toContain("environment=dev severity=critical component=cluster: dev-chat");
    const other = async (...labels: string[]) =>
      (await run(amtool.path, ["config", "routes", "test", `--config.file=${config}`, ...labels])).stdout.trim();
    expect(await other("alertname=Watchdog", "environment=dev", "severity=none")).toBe("heartbeat");
    // Whose silence would not be heard among the others' calls.
    expect(await other("alertname=Watchdog", "environment=prd", "severity=none")).toBe("heartbeat-production");
    expect(await readFile(config, "utf8")).toMatch(
      /name: heartbeat-production\n(?:.+\n)+?.+HEARTBEAT_URL\n(?:.+\n)+?.+HEARTBEAT_URL_PRD\n/u,
    );
    expect(await other("severity=critical")).toBe("default");
  }, 60_000);

  test.each(["fleetglass.title", "fleetglass.text", "fleetglass.slack"])(
    "the template %s leaves nothing open",
    async (name) => {
      await shared(everyWay("alertmanager"));
      const { stdout } = await run(amtool.path, [
        "template",
        "render",
        `--template.glob=${join(folder, "*.tmpl")}`,
        `--template.text={{ template "${name}" . }}`,
      ]);
      expect(stdout.trim()).not.toBe("");
      expect(stdout).not.toContain("<no value>");
      expect(stdout).not.toContain("⟦");
    },
  );
});

describeWithTool("teams of a fleet", "amtool", (amtool) => {
  const fleet = defineFleet({
    ...elsewhere,
    manage: ["rules", "routing"],
    teams: [
      { name: "Shop", namespaces: ["shop", "payments"], environments: ["stg", "prd"] },
      { name: "Data", namespaces: ["warehouse"] },
    ],
    alerting: {
      notifier: "alertmanager",
      receivers: [
        { kind: "slack", channel: "#alerts" },
        { kind: "slack", channel: "#shop", team: "Shop", urgencies: ["ticket", "chat"] },
      ],
    },
  });

  test.each([
    {
      what: "its namespace's",
      labels: ["namespace=shop", "severity=warning", "environment=prd"],
      to: "shop-production-alerts",
    },
    { what: "what names it", labels: ["team=Shop", "severity=warning", "environment=stg"], to: "shop-staging-chat" },
    // It has nobody to wake, so those are woken who are for all.
    {
      what: "a page of its namespace's",
      labels: ["namespace=payments", "severity=critical", "environment=prd"],
      to: "production-critical",
    },
    {
      what: "another namespace's",
      labels: ["namespace=kube-system", "severity=warning", "environment=prd"],
      to: "production-alerts",
    },
    {
      what: "its namespace's in another environment",
      labels: ["namespace=shop", "severity=warning", "environment=dev"],
      to: "dev-chat",
    },
    {
      what: "that of a team without receivers",
      labels: ["namespace=warehouse", "severity=warning", "environment=prd"],
      to: "production-alerts",
    },
    { what: "what has no namespace", labels: ["severity=critical", "environment=prd"], to: "production-critical" },
  ])("$what goes to $to", async ({ labels, to }) => {
    const config = await shared(fleet);
    const { stdout } = await run(amtool.path, ["config", "routes", "test", `--config.file=${config}`, ...labels]);
    expect(stdout.trim()).toBe(to);
  });

  test("make a configuration that Alertmanager takes, in which no general receiver tells a team", async () => {
    const { stdout } = await run(amtool.path, ["check-config", await shared(fleet)]);
    expect(stdout).toContain("SUCCESS");
    const channels = sharedRouting(fleet).receivers.flatMap(({ name, slack_configs: slack = [] }) =>
      (slack as readonly { readonly channel: string }[]).map(({ channel }) => `${name} ${channel}`),
    );
    expect(channels.filter((one) => one.startsWith("shop-") !== one.endsWith("#shop"))).toEqual([]);
  });
});

describeWithTool("Mimir's Alertmanager", "mimirtool", (mimirtool) => {
  test.each([
    { name: "the reference fleet", fleet: everyWay("mimir") },
    { name: "atlas", fleet: testFleet("atlas") },
  ])("takes that of each tenant of $name, with its secrets filled in", async ({ fleet }) => {
    const project = defineProject({ fleet });
    for (const tenant of fleet.tenants) {
      const { config, templates } = alertmanagerOf(project, tenant);
      const text = stringify(filledIn(config), { lineWidth: 0 });
      const path = join(folder, `${tenant.id}.yaml`);
      await writeFile(path, text);
      for (const [name, template] of Object.entries(templates)) await writeFile(join(folder, name), template);
      await run(mimirtool.path, [
        "alertmanager",
        "verify",
        path,
        ...Object.keys(templates).map((name) => join(folder, name)),
      ]);
    }
  });

  test("each tenant is told of its own environments, and the owner of all, whose alerts compare them", () => {
    const fleet = everyWay("mimir");
    const seen = Object.fromEntries(
      fleet.tenants.map((tenant) => [
        tenant.id,
        (alertmanagerOf(defineProject({ fleet }), tenant).config.route.routes ?? []).flatMap(({ matchers = [] }) =>
          matchers.filter((one) => one.startsWith("environment")),
        ).length,
      ]),
    );
    expect(seen).toEqual({ dev: 1, stg: 1, prd: 1, ops: 4 });
  });
});

test("inhibition stays within a cluster or an environment, so it never crosses tenants", () => {
  for (const notifier of ["mimir", "alertmanager"] as const) {
    for (const { equal } of sharedRouting(everyWay(notifier)).inhibit_rules) expect(equal).toContain("environment");
  }
});

test("secrets stand nowhere but by name, in both forms", () => {
  const project = defineProject({ fleet: everyWay("alertmanager") });
  const files = JSON.stringify(bundle(project));
  const tenants = JSON.stringify(project.fleet.tenants.map((tenant) => alertmanagerOf(project, tenant)));
  for (const name of [
    "SLACK_WEBHOOK_URL",
    "PAGERDUTY_ROUTING_KEY",
    "TEAMS_WEBHOOK_URL",
    "SMTP_PASSWORD",
    "BRIDGE_URL",
    "HEARTBEAT_URL",
  ]) {
    expect(files).toContain(`_file: /etc/alertmanager/secrets/fleetglass/${name}`);
    expect(tenants).toContain(`{"env":"${name}"}`);
  }
});

test.each([
  {
    what: "a secret instead of its name",
    receiver: { kind: "webhook", secret: planted },
    says: "never the secret itself",
  },
  { what: "an environment that is not there", receiver: { kind: "webhook", environments: ["prod"] }, says: '"prod"' },
  { what: "a team that is not there", receiver: { kind: "webhook", team: "Shop" }, says: 'no team "Shop"' },
  {
    what: "a channel without a sign",
    receiver: { kind: "slack", channel: "alerts" },
    says: "write a channel such as #alerts",
  },
])("a fleet with $what is refused, and what was written is not repeated", ({ receiver, says }) => {
  const refused = failure(() =>
    parseFleet(stringify({ ...referenceInput, alerting: { receivers: [receiver] } }), "fleet.yaml"),
  );
  expect(refused).toContain(says);
  expect(refused).not.toContain("planted-secret");
});

test.each([
  {
    what: "two teams of one namespace",
    teams: [
      { name: "Shop", namespaces: ["shop"] },
      { name: "Sales", namespaces: ["shop"], environments: ["prd"] },
    ],
    says: "shop in prd is the namespace of Shop already",
  },
  {
    what: "two teams of one name",
    teams: [{ name: "Shop" }, { name: "Shop" }],
    says: '"Shop" is the name of teams[0] already',
  },
  {
    what: "teams that receivers could not tell apart",
    teams: [{ name: "Shop A" }, { name: "shop-a" }],
    says: '"shop-a" and "Shop A" would be one in the names of receivers',
  },
])("a fleet with $what is refused", ({ teams, says }) => {
  expect(failure(() => defineFleet({ ...referenceInput, teams }))).toContain(says);
});

test("routing is written only where the fleet asks for it", () => {
  const fleet = defineFleet({ ...referenceInput, alerting: { notifier: "alertmanager" } });
  expect(filesOf(defineProject({ fleet }))).toEqual([]);
});

function filledIn(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(filledIn);
  if (typeof value !== "object" || value === null) return value;
  if ("env" in value) return String(value.env).includes("URL") ? planted : "secret";
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filledIn(item)]));
}

/** Those of routing, among all that a fleet has as files. */
function filesOf(project: Project): FileResource[] {
  return bundle(project).filter((one): one is FileResource => one.kind === "file" && one.origin === "routing");
}

/** What it says as it fails. */
function failure(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return String(error);
  }
  return "";
}
