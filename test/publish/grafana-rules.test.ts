import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundle, type FolderResource, type Resource, type RuleGroup } from "../../src/bundle.ts";
import { liveDestination, placesOf } from "../../src/cli/servers.ts";
import { parseFleet } from "../../src/fleet/parse.ts";
import { defineProject } from "../../src/project.ts";
import { apply, planFor, type TargetPlan } from "../../src/publish/apply.ts";
import { grafanaFolders } from "../../src/publish/grafana-folders.ts";
import { grafanaRuleGroups } from "../../src/publish/grafana-rules.ts";
import { http } from "../../src/publish/http.ts";
import type { PlanOptions } from "../../src/publish/plan.ts";
import { fleetglass } from "../support/cli.ts";
import { type Grafana, type GrafanaOptions, startGrafana } from "../support/grafana.ts";

const folder = { uid: "fleetglass_acme_rules", title: "Acme rules" };
const place = { tenant: "acme", namespace: "fleetglass-acme" };
const source = "acme-prometheus";
const common = { needs: [], origin: "test" };

const home: FolderResource = {
  ...common,
  kind: "folder",
  at: { system: "grafana", organisation: 1 },
  id: folder.uid,
  spec: { ...folder, slug: "rules" },
};

const down: RuleGroup["rules"][number] = {
  alert: "Down",
  expr: 'up{job="a"} == 0',
  for: "90m",
  keep_firing_for: "10m",
  labels: { severity: "critical", cause: "silent" },
  annotations: { summary: "{{ $labels.cluster }} is at {{ $value }}" },
};
const records: RuleGroup["rules"][number] = { record: "cluster:up:count", expr: "count by (cluster) (up)" };

function group(rules: RuleGroup["rules"] = [records, down], name = "clusters", more: object = {}): Resource {
  return {
    ...common,
    kind: "rule-group",
    at: { system: "mimir", ...place },
    id: name,
    spec: { name, interval: "1m", rules, ...more },
  };
}

let grafana: Grafana;
afterEach(async () => {
  await grafana.stop();
  expect(grafana.violations).toEqual([]);
});

async function start(options: GrafanaOptions = {}): Promise<void> {
  grafana = await startGrafana(options);
}

async function planned(wanted: readonly Resource[], options?: PlanOptions): Promise<TargetPlan[]> {
  const headers = { Authorization: `Bearer ${grafana.token}` };
  const server = http({ name: "Grafana", url: grafana.url, headers, credential: "", variable: "" });
  const about = { title: "Grafana", organisation: 1, project: "acme" };
  const rules = { organisation: 1, folder, source };
  const targets = [grafanaFolders(server, about), grafanaRuleGroups(server, { title: "Grafana", rules, at: place })];
  return planFor(wanted, targets, options);
}

async function published(wanted: readonly Resource[], options?: PlanOptions): Promise<string[]> {
  const applied = await apply(await planned(wanted, options), { prune: true });
  return applied
    .map(({ change, error }) => {
      const { id } = change.action === "delete" ? change.before : change.resource;
      return `${change.action} ${id}${error ? `: ${error.message}` : ""}`;
    })
    .toSorted();
}

const changes = async (wanted: readonly Resource[], options?: PlanOptions) =>
  (await planned(wanted, options)).flatMap((one) => one.changes);

/** What somebody else says to Grafana's API. */
async function said(path: string, body?: object): Promise<unknown> {
  const answer = await fetch(grafana.url + path, {
    method: body ? "PUT" : "GET",
    headers: { Authorization: `Bearer ${grafana.token}`, "Content-Type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  expect(answer.status).toBe(200);
  return answer.json();
}

interface Stored {
  readonly title: string;
  readonly folderUid: string;
  readonly interval: number;
  readonly rules: readonly Readonly<Record<string, unknown>>[];
}

const pathOf = (name: string): string => `/api/v1/provisioning/folder/${folder.uid}/rule-groups/${name}`;

/** Changes one rule of a group as its API lets anybody. */
async function byHand(name: string, nth: number, change: object): Promise<void> {
  const { rules, ...rest } = (await said(pathOf(name))) as Stored;
  const sent = rules.map(({ id: _id, updated: _updated, provenance: _provenance, ...rule }, at) => {
    const kept =
      rule["record"] === undefined ? rule : { ...rule, condition: "A", noDataState: "OK", execErrState: "OK" };
    return at === nth ? { ...kept, ...change } : kept;
  });
  await said(pathOf(name), { ...rest, rules: sent });
}

test("a folder and its groups are made, once; what differs is written, what is gone is removed", async () => {
  await start();
  const wanted = [home, group(), group([down], "others")].map((one) =>
    one.id === "others" ? { ...one, spec: { ...one.spec, rules: [{ ...down, alert: "Gone" }] } } : one,
  ) as Resource[];
  expect(await published(wanted)).toEqual(["create clusters", `create ${folder.uid}`, "create others"]);
  expect(await changes(wanted)).toEqual([]);

  const { rules } = (await said(pathOf("clusters"))) as Stored;
  expect(rules).toMatchObject([
    { title: "cluster:up:count", record: { metric: "cluster:up:count", from: "A", target_datasource_uid: source } },
    {
      title: "Down silent",
      for: "1h30m",
      keep_firing_for: "10m",
      labels: { alert: "Down", severity: "critical" },
      annotations: { summary: "{{ $labels.cluster }} is at {{ $values.A.Value }}" },
      provenance: "api",
    },
  ]);

  const [update, ...rest] = await changes([home, group([records, { ...down, for: "5m" }]), ...wanted.slice(2)]);
  expect(rest).toEqual([]);
  expect(update).toMatchObject({
    action: "update",
    changedBy: "us",
    differences: [{ path: "rules[Down].for", before: "5400s", after: "300s" }],
  });
  expect(await published([home, group()])).toEqual(["delete others"]);
  expect(await published([])).toEqual(["delete clusters", `delete ${folder.uid}`]);
});

test("a group under another name takes its rules along", async () => {
  await start();
  await published([home, group(undefined, "old")]);
  const { rules } = (await said(pathOf("old"))) as Stored;
  expect(await published([home, group(undefined, "new")])).toEqual(["move new"]);
  const moved = (await said("/api/v1/provisioning/alert-rules")) as Stored["rules"];
  expect(moved.map(({ id, ruleGroup }) => [id, ruleGroup])).toEqual(rules.map(({ id }) => [id, "new"]));
});

test.each([
  { what: "a pause", nth: 1, change: { isPaused: true }, path: "rules[Down].grafana" },
  { what: "another wait", nth: 1, change: { for: "1m" }, path: "rules[Down].for" },
  { what: "another answer to no data", nth: 1, change: { noDataState: "Alerting" }, path: "rules[Down].grafana" },
  { what: "another title", nth: 1, change: { title: "Down, sometimes" }, path: "rules[Down].grafana" },
  {
    what: "a label",
    nth: 1,
    change: { labels: { alert: "Down", severity: "none" } },
    path: "rules[Down].labels.cause",
  },
  {
    what: "a series under another name",
    nth: 0,
    change: { record: { metric: "other", from: "A", target_datasource_uid: source } },
    path: "rules[other]",
  },
  {
    what: "a series elsewhere",
    nth: 0,
    change: { record: { metric: "cluster:up:count", from: "A", target_datasource_uid: "elsewhere" } },
    path: "rules[cluster:up:count].grafana",
  },
])("$what by hand is seen, whose it is too, and undone", async ({ nth, change, path }) => {
  await start();
  await published([home, group()]);
  await byHand("clusters", nth, change);
  const [update] = await changes([home, group()]);
  expect(update).toMatchObject({ action: "update", changedBy: "hand" });
  const paths = update?.action === "update" ? update.differences.map((one) => one.path) : [];
  expect(paths).toContain(path);
  expect(await published([home, group()])).toEqual(["update clusters"]);
  expect(await changes([home, group()])).toEqual([]);
});

test("what others made in the folder is theirs: not removed, not replaced unless told so", async () => {
  await start();
  await published([home, group()]);
  const { rules, ...rest } = (await said(pathOf("clusters"))) as Stored;
  const [{ id: _id, updated: _updated, provenance: _p, ...first } = {}] = rules.slice(1);
  const theirs = (name: string) => ({ ...first, uid: `theirs-${name}`, title: `Theirs ${name}`, ruleGroup: name });
  await said(pathOf("theirs"), { ...rest, title: "theirs", rules: [theirs("theirs")] });
  await said(pathOf("nodes"), { ...rest, title: "nodes", rules: [theirs("nodes")] });

  const nodes = group([{ ...down, alert: "NodeDown" }], "nodes");
  expect(await changes([home, group(), nodes])).toEqual([
    expect.objectContaining({ action: "refuse", reason: expect.stringContaining('did not make: "Theirs nodes"') }),
  ]);
  expect(await published([home, group(), nodes], { takeOver: true })).toEqual(["update nodes"]);
  // Grafana keeps a folder that holds rules.
  expect(await published([])).toEqual([
    "delete clusters",
    expect.stringMatching(/^delete fleetglass_acme_rules: folder Acme rules still holds 1 × alert rule,/u),
    "delete nodes",
  ]);
  expect(((await said("/api/v1/provisioning/alert-rules")) as unknown[]).length).toBe(1);
});

test("one that hides its version is believed to be new enough", async () => {
  await start();
  if (grafana.real) return;
  grafana.failNext({ match: ({ path }) => path === "/api/health", status: 200, body: { database: "ok" } });
  expect(await changes([home, group()])).toMatchObject([{ action: "create" }, { action: "create" }]);
});

test("what Grafana has from a file is left to it", async () => {
  await start();
  await published([home, group()]);
  grafana.provisionRules();
  expect(await changes([home, group([{ ...down, for: "1m" }])])).toEqual([]);
  // As is the folder that the file makes for them.
  expect(await published([])).toEqual([`delete ${folder.uid}`]);
  await grafana.seedFolder({ uid: "from-file", title: folder.title });
  expect(await changes([home, group()])).toEqual([]);
});

test.each([
  { what: "a Grafana that knows less", version: "10.4.3", wanted: [group()], reason: "10.4.3 evaluates no such rules" },
  { what: "words that it has not", wanted: [group([down], "a", { limit: 5 })], reason: "have no limit" },
  { what: "an interval that it has not", wanted: [group([down], "a", { interval: "15s" })], reason: "not every 15s" },
  {
    what: "one title in two groups",
    wanted: [group([down], "a"), group([down], "b")],
    reason: 'a and b both have "Down',
  },
] as const)("refused before anything is written: $what", async ({ wanted, reason, ...options }) => {
  await start(options);
  const found = await changes([home, ...wanted]);
  expect(found.slice(1)).toEqual(
    wanted.map(() => expect.objectContaining({ action: "refuse", reason: expect.stringContaining(reason) })),
  );
});

test("refused too where nobody makes the folder", async () => {
  await start();
  const headers = { Authorization: `Bearer ${grafana.token}` };
  const server = http({ name: "Grafana", url: grafana.url, headers, credential: "", variable: "" });
  const rules = { organisation: 1, folder, source };
  const target = grafanaRuleGroups(server, { title: "Grafana", rules, at: place, folderIsGiven: true });
  const found = async () => (await planFor([group()], [target])).flatMap((one) => one.changes);
  expect(await found()).toMatchObject([{ action: "refuse", reason: expect.stringContaining("no folder") }]);
  await grafana.seedFolder(folder);
  expect(await found()).toMatchObject([{ action: "create" }]);
});

const fleetText = `name: acme
title: Acme
environments: [{ name: prd }]
clusters: [{ name: prd-1, environment: prd, region: eu }]
tenancy: { mode: single }
backends: [{ kind: prometheus, url: "http://prometheus:9090", rules: grafana }, { kind: loki, url: "http://loki" }]
manage: [folders, rules]
`;

test("all rules of a fleet come back as they were written; a plan is kept, and carried out", async () => {
  await start();
  const home = await mkdtemp(join(tmpdir(), "fleetglass-grafana-rules-"));
  try {
    const [fleet, plan] = [join(home, "fleet.yaml"), join(home, "plan.json")];
    await writeFile(fleet, fleetText);
    const environment = { GRAFANA_URL: grafana.url, GRAFANA_TOKEN: grafana.token };
    const run = (...line: string[]) => fleetglass(line, environment);
    expect(await run("publish", "--fleet", fleet, "--to", "live")).toMatchObject({ code: 0 });
    const plain = await run("plan", "--fleet", fleet, "--to", "live");
    expect(plain).toMatchObject({ code: 0, out: expect.stringContaining("LOKI_URL is not set") });
    await byHand("alerts-clusters", 0, { isPaused: true });
    const drift = await run("drift", "--fleet", fleet);
    expect(drift).toMatchObject({ code: 2, out: expect.stringContaining('{"isPaused":true}') });
    expect(await run("plan", "--fleet", fleet, "--to", "live", "--plan-out", plan)).toMatchObject({ code: 2 });
    expect(await run("publish", plan)).toMatchObject({ code: 0 });
    expect(await run("drift", "--fleet", fleet)).toMatchObject({ code: 0 });

    // What was committed comes back too, and is what the fleet makes.
    const out = join(home, "out");
    expect(await run("publish", "--fleet", fleet, "--out", out)).toMatchObject({ code: 0 });
    await grafana.stop();
    await start();
    const empty = { GRAFANA_URL: grafana.url, GRAFANA_TOKEN: grafana.token };
    expect(await fleetglass(["restore", "--fleet", fleet, "--out", out], empty)).toMatchObject({ code: 0 });
    expect(await fleetglass(["plan", "--fleet", fleet, "--to", "live"], empty)).toMatchObject({ code: 0 });
  } finally {
    await rm(home, { recursive: true });
  }
}, 60_000);

test.each([
  { rules: "grafana", titles: ["Grafana, its own rules", "Loki"] },
  { rules: "files", titles: ["Loki"] },
])("rules on logs go to Loki's ruler, whoever evaluates the others: $rules", async ({ rules, titles }) => {
  await start();
  const fleet = parseFleet(fleetText.replace("rules: grafana", `rules: ${rules}`), "fleet.yaml");
  const project = defineProject({ fleet });
  const resources = bundle(project);
  const environment = { GRAFANA_URL: grafana.url, LOKI_URL: "http://loki" };
  const { targets, left } = liveDestination(placesOf(project, resources), environment);
  const holding = targets.filter((target) => resources.some((one) => one.kind === "rule-group" && target.holds(one)));
  expect(holding.map(({ title }) => title.replace(/ http:\/\/(?:[\d.:]+|loki$)/u, ""))).toEqual(titles);
  expect(left).toEqual([]);
});
