import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import type { AlertmanagerResource, Resource, Rule, RuleGroup, RuleGroupResource } from "../../src/bundle.ts";
import { apply, planFor, type TargetPlan } from "../../src/publish/apply.ts";
import { http } from "../../src/publish/http.ts";
import { openJournal, readRuns, undone } from "../../src/publish/journal.ts";
import { lokiRuler } from "../../src/publish/loki-ruler.ts";
import { mimirAlertmanager } from "../../src/publish/mimir-alertmanager.ts";
import { mimirRuler } from "../../src/publish/mimir-ruler.ts";
import type { Target } from "../../src/publish/target.ts";
import { describeWithServers } from "../support/needs.ts";
import { type Proxy, startProxy } from "../support/proxy.ts";

const namespace = "fleetglass-testing";
const header = "X-Scope-OrgID";

describeWithServers("what a plan finds, on real rulers and a real Alertmanager", ({ mimir, loki }) => {
  let proxies: { readonly mimir: Proxy; readonly loki: Proxy };
  beforeAll(async () => {
    proxies = { mimir: await startProxy(mimir.url), loki: await startProxy(loki.url) };
  });
  afterAll(() => Promise.all([proxies.mimir.stop(), proxies.loki.stop()]));

  const server = (name: "mimir" | "loki") =>
    http({
      name: name === "mimir" ? "Mimir" : "Loki",
      url: proxies[name].url,
      headers: {},
      credential: "",
      variable: "",
    });
  const ruler = (system: "mimir" | "loki", tenant: string): Target =>
    (system === "mimir" ? mimirRuler : lokiRuler)(server(system), { title: system, tenant, header, namespace });
  const group = (system: "mimir" | "loki", tenant: string, spec: RuleGroup): RuleGroupResource => ({
    kind: "rule-group",
    at: { system, tenant, namespace },
    id: spec.name,
    spec,
    needs: [],
    origin: "test",
  });
  const marker = (system: "mimir" | "loki", tenant: string): RuleGroupResource =>
    group(system, tenant, {
      name: "fleetglass",
      interval: "1m",
      rules: [{ record: "fleetglass:applied:info", expr: "vector(1)" }],
    });
  const changes = (plans: readonly TargetPlan[]) =>
    plans.flatMap((one) =>
      one.changes.map((change) => ({
        action: change.action,
        by: "changedBy" in change ? change.changedBy : undefined,
        paths: change.action === "update" ? change.differences.map(({ path }) => path) : [],
      })),
    );
  async function publish(wanted: readonly Resource[], target: Target): Promise<void> {
    const applied = await apply(await planFor(wanted, [target]), { prune: true });
    expect(applied.filter(({ error }) => error)).toEqual([]);
  }
  async function byHand(system: "mimir" | "loki", tenant: string, spec: object): Promise<void> {
    const base = system === "mimir" ? `${mimir.url}/prometheus/config/v1/rules` : `${loki.url}/loki/api/v1/rules`;
    const answer = await fetch(`${base}/${namespace}`, {
      method: "POST",
      headers: { [header]: tenant },
      body: stringify(spec),
    });
    expect([answer.status, await answer.text()]).toEqual([202, expect.anything()]);
  }

  const base: RuleGroup = {
    name: "shop",
    interval: "1m",
    rules: [
      { record: "shop:up:sum", expr: 'sum by (cluster, region) (up{job="shop", cluster!=""})' },
      {
        alert: "ShopDown",
        expr: "shop:up:sum == 0",
        for: "5m",
        keep_firing_for: "10m",
        labels: { severity: "warning" },
        annotations: { summary: "gone" },
      },
    ],
  };
  const [recording, alerting] = base.rules as readonly [Rule, Rule];
  const alert = (more: object): RuleGroup => ({ ...base, rules: [recording, { ...alerting, ...more }] });

  test.each<{ readonly what: string; readonly hand: RuleGroup; readonly paths: readonly string[] }>([
    { what: "interval", hand: { ...base, interval: "2m" }, paths: ["interval"] },
    { what: "limit", hand: { ...base, limit: 5 }, paths: ["limit"] },
    { what: "query_offset", hand: { ...base, query_offset: "30s" }, paths: ["query_offset"] },
    { what: "labels of the group", hand: { ...base, labels: { team: "x" } }, paths: ["labels"] },
    {
      what: "align_evaluation_time_on_interval",
      hand: { ...base, align_evaluation_time_on_interval: true },
      paths: ["align_evaluation_time_on_interval"],
    },
    { what: "source_tenants", hand: { ...base, source_tenants: ["a", "b"] }, paths: ["source_tenants"] },
    { what: "keep_firing_for", hand: alert({ keep_firing_for: "1h" }), paths: ["rules[ShopDown].keep_firing_for"] },
    { what: "for", hand: alert({ for: "1h" }), paths: ["rules[ShopDown].for"] },
    { what: "a label", hand: alert({ labels: { severity: "info" } }), paths: ["rules[ShopDown].labels.severity"] },
    {
      what: "an annotation",
      hand: alert({ annotations: { summary: "no" } }),
      paths: ["rules[ShopDown].annotations.summary"],
    },
    { what: "an expression", hand: alert({ expr: "shop:up:sum < 1" }), paths: ["rules[ShopDown].expr"] },
    { what: "a rule that is gone", hand: { ...base, rules: [recording] }, paths: ["rules[ShopDown]"] },
    { what: "nothing in other blanks", hand: alert({ expr: "shop:up:sum   ==\n 0 # still" }), paths: [] },
    {
      what: "nothing in another layout",
      hand: {
        ...base,
        interval: "60s",
        rules: [
          { record: "shop:up:sum", expr: "sum(up{cluster!='',job=`shop`}) by (region, cluster)" },
          { ...alerting, for: "300s" },
        ],
      },
      paths: [],
    },
    { what: "nothing in defaults", hand: { ...base, limit: 0, align_evaluation_time_on_interval: false }, paths: [] },
  ])("Mimir: sees $what, and who did it", async ({ what, hand, paths }) => {
    const tenant = what.replaceAll(/\W/gu, "-");
    const target = ruler("mimir", tenant);
    const wanted = [marker("mimir", tenant), group("mimir", tenant, base)];
    await publish(wanted, target);
    proxies.mimir.forget();
    await publish(wanted, target);
    expect(proxies.mimir.writes()).toEqual([]);
    await byHand("mimir", tenant, hand);
    expect(changes(await planFor(wanted, [target]))).toEqual(
      paths.length === 0 ? [] : [{ action: "update", by: "hand", paths }],
    );
    // The same, as a change of ours.
    await publish(wanted, target);
    const ours = [marker("mimir", tenant), group("mimir", tenant, hand)];
    expect(changes(await planFor(ours, [target]))).toEqual(
      paths.length === 0 ? [] : [{ action: "update", by: "us", paths }],
    );
  });

  test("Mimir: what was removed, added or renamed", async () => {
    const target = ruler("mimir", "moves");
    const wanted = [marker("mimir", "moves"), group("mimir", "moves", base)];
    await publish(wanted, target);
    await byHand("mimir", "moves", { ...base, name: "by-hand", rules: [recording] });
    expect(changes(await planFor(wanted, [target]))).toEqual([{ action: "delete", by: "hand", paths: [] }]);
    await publish(wanted, target);
    const renamed = [marker("mimir", "moves"), group("mimir", "moves", { ...base, name: "store" })];
    expect(changes(await planFor(renamed, [target]))).toEqual([{ action: "move", by: undefined, paths: [] }]);
    await publish(renamed, target);
    expect(changes(await planFor(renamed, [target]))).toEqual([]);
    await fetch(`${mimir.url}/prometheus/config/v1/rules/${namespace}/store`, {
      method: "DELETE",
      headers: { [header]: "moves" },
    });
    expect(changes(await planFor(renamed, [target]))).toEqual([{ action: "create", by: "hand", paths: [] }]);
  });

  test("Loki: publishes, finds nothing to do, sees a change by hand, prunes", async () => {
    const target = ruler("loki", "dev");
    const errors: RuleGroup = {
      name: "errors",
      interval: "1m",
      limit: 10,
      rules: [
        {
          alert: "Errors",
          expr: 'sum(rate({job="shop"} |= "error" [5m])) > 1',
          for: "5m",
          labels: { severity: "info" },
        },
      ],
    };
    const wanted = [marker("loki", "dev"), group("loki", "dev", errors)];
    await publish(wanted, target);
    proxies.loki.forget();
    await publish(wanted, target);
    expect(proxies.loki.writes()).toEqual([]);
    await byHand("loki", "dev", { ...errors, limit: 20 });
    expect(changes(await planFor(wanted, [target]))).toEqual([{ action: "update", by: "hand", paths: ["limit"] }]);
    await publish([marker("loki", "dev")], target);
    expect(changes(await planFor([marker("loki", "dev")], [target]))).toEqual([]);
    expect(changes(await planFor(wanted, [target]))).toEqual([{ action: "create", by: undefined, paths: [] }]);
  });

  describe("Alertmanager", () => {
    const secrets: Record<string, string> = { SLACK_URL: "https://hooks.example.com/T0/B0/hunter2" };
    const target = (known: Readonly<Record<string, string>> = secrets): Target =>
      mimirAlertmanager(server("mimir"), {
        title: "Mimir",
        tenant: "routed",
        header,
        project: "testing",
        secret: (name) => known[name],
      });
    const routed = (wait = "30s"): AlertmanagerResource => ({
      kind: "alertmanager",
      at: { system: "alertmanager", tenant: "routed" },
      id: "config",
      needs: [],
      origin: "test",
      spec: {
        config: {
          route: { receiver: "slack", group_wait: wait, group_by: ["cluster"] },
          receivers: [
            {
              name: "slack",
              slack_configs: [{ api_url: { env: "SLACK_URL" }, channel: "#ops", text: '{{ template "t" . }}' }],
            },
          ],
          templates: ["t.tmpl"],
        },
        templates: { "t.tmpl": '{{ define "t" }}hello{{ end }}' },
      },
    });
    const post = (config: string) =>
      fetch(`${mimir.url}/api/v1/alerts`, {
        method: "POST",
        headers: { [header]: "routed" },
        body: stringify({ alertmanager_config: config, template_files: {} }),
      });

    test("what somebody else wrote is refused until it is taken over; its secrets are not shown", async () => {
      const foreign =
        "route: { receiver: x }\nreceivers: [{ name: x, webhook_configs: [{ url: https://u:hunter3@example.com }] }]\n";
      expect((await post(foreign)).status).toBe(201);
      const refused = await planFor([routed()], [target()]);
      expect(changes(refused)).toEqual([{ action: "refuse", by: undefined, paths: [] }]);
      const taken = await planFor([routed()], [target()], { takeOver: true });
      expect(JSON.stringify([refused[0]?.live, taken[0]?.changes])).not.toContain("hunter");
      expect(await apply(taken, { prune: false })).toMatchObject([{ change: { adopts: true } }]);
    });

    test("publishes with its secret, finds nothing to do, with and without the secret at hand", async () => {
      const stored = await (await fetch(`${mimir.url}/api/v1/alerts`, { headers: { [header]: "routed" } })).text();
      expect(stored).toContain("hunter2");
      proxies.mimir.forget();
      for (const known of [secrets, {}]) {
        const plans = await planFor([routed()], [target(known)]);
        expect(changes(plans)).toEqual([]);
        expect(JSON.stringify(plans[0]?.live)).not.toContain("hunter2");
      }
      expect(proxies.mimir.writes()).toEqual([]);
    });

    test("shows one field, another secret without showing it, and who did it", async () => {
      expect(changes(await planFor([routed("1m")], [target()]))).toEqual([
        { action: "update", by: "us", paths: ["config.route.group_wait"] },
      ]);
      const rotated = await planFor([routed()], [target({ SLACK_URL: "https://hooks.example.com/T0/B0/hunter4" })]);
      expect(changes(rotated)).toEqual([
        { action: "update", by: "us", paths: ["config.receivers[slack].slack_configs[0].api_url"] },
      ]);
      expect(JSON.stringify(rotated[0]?.changes)).not.toContain("hunter");
      const text = await (await fetch(`${mimir.url}/api/v1/alerts`, { headers: { [header]: "routed" } })).text();
      const changed = await fetch(`${mimir.url}/api/v1/alerts`, {
        method: "POST",
        headers: { [header]: "routed" },
        body: text.replace("group_wait: 30s", "group_wait: 45s"),
      });
      expect(changed.status).toBe(201);
      expect(changes(await planFor([routed()], [target()]))).toEqual([
        { action: "update", by: "hand", paths: ["config.route.group_wait"] },
      ]);
      await publish([routed()], target());
    });

    test("is kept in a journal by name, and put back with its secret", async () => {
      const state = await mkdtemp(join(tmpdir(), "fleetglass-routed-"));
      try {
        const journal = await openJournal(state, "testing");
        await apply(await planFor([routed("7m")], [target()]), { prune: false, journal });
        await journal.close({ failed: 0, untried: 0 });
        const text = await readFile(join(state, "testing", "runs", `${journal.run}.jsonl`), "utf8");
        expect(text).toContain('{"env":"SLACK_URL"}');
        expect(text).not.toContain("hunter");
        const [thing] = undone(await readRuns(state, "testing")).values();
        await publish([{ ...routed(), spec: thing?.before?.spec as AlertmanagerResource["spec"] }], target());
        expect(changes(await planFor([routed()], [target()]))).toEqual([]);
      } finally {
        await rm(state, { recursive: true });
      }
    });

    test("a secret that the environment lacks is named, and nothing is sent", async () => {
      proxies.mimir.forget();
      const [result] = await apply(await planFor([routed("2m")], [target({})]), { prune: false });
      expect(result?.error?.message).toBe("the Alertmanager configuration needs SLACK_URL in the environment");
      expect(proxies.mimir.writes()).toEqual([]);
    });

    test("Mimir's words are repeated without the secret", async () => {
      const [result] = await apply(await planFor([routed("2m")], [target({ SLACK_URL: "hunter5://not a url" })]), {
        prune: false,
      });
      expect(result?.error?.message).toMatch(/answered 400/u);
      expect(result?.error?.message).not.toContain("hunter5");
    });

    test("is removed where it is no longer wanted", async () => {
      await publish([], target());
      expect(changes(await planFor([], [target()]))).toEqual([]);
      expect(changes(await planFor([routed()], [target()]))).toEqual([{ action: "create", by: undefined, paths: [] }]);
    });
  });
});
