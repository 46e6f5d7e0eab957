import type {
  DashboardResource,
  DataSourceResource,
  FolderResource,
  Resource,
  RuleGroupResource,
} from "../../src/bundle.ts";
import { completed } from "../../src/dashboards/resource.ts";
import { apply, planFor, stepsOf } from "../../src/publish/apply.ts";
import { grafanaDashboards } from "../../src/publish/grafana-dashboards.ts";
import { grafanaDataSources } from "../../src/publish/grafana-datasources.ts";
import { grafanaFolders } from "../../src/publish/grafana-folders.ts";
import { http } from "../../src/publish/http.ts";
import { mimirRuler } from "../../src/publish/mimir-ruler.ts";
import { subject } from "../../src/publish/plan.ts";
import type { Target } from "../../src/publish/target.ts";
import { type Grafana, startGrafana } from "./grafana.ts";
import { type Fault, type Passed, type Proxy, startProxy } from "./proxy.ts";
import { resourceBoard } from "./resource-board.ts";

export const faults = {
  "reset before": { kind: "reset-before" },
  "reset after": { kind: "reset-after" },
  "429": { kind: "answer", status: 429 },
  "429 with Retry-After": { kind: "answer", status: 429, headers: { "retry-after": "0" } },
  "500": { kind: "answer", status: 500, body: '{"message":"database is locked"}' },
  "500 after": { kind: "answer", status: 500, after: true },
  "502 with a page": {
    kind: "answer",
    status: 502,
    headers: { "content-type": "text/html" },
    body: "<html>Bad gateway</html>",
  },
  "412": { kind: "answer", status: 412, body: '{"message":"changed by someone else"}' },
  "412 after": { kind: "answer", status: 412, after: true, body: '{"message":"changed by someone else"}' },
  "no answer in time": { kind: "slow", ms: 2500 },
  "half an answer": { kind: "truncated" },
  "half an answer, as if whole": { kind: "truncated", silently: true },
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultName = keyof typeof faults;
export const faultNames = Object.keys(faults) as FaultName[];

export interface Size {
  readonly tenants: number;
  readonly groups: number;
  readonly boards: number;
  readonly sources: number;
}

export interface Campaign {
  /** Publishes through faults, then without, and says what was broken of what is promised. */
  readonly run: (decide: Decide) => Promise<Outcome>;
  readonly stop: () => Promise<void>;
}

/** What happens to the n-th request of a run. */
export type Decide = (at: number, request: Passed, phase: "plan" | "apply") => Fault | undefined;

export interface Outcome {
  readonly faults: number;
  readonly requests: number;
  /** How many steps the run could not do. */
  readonly failed: number;
  /** Each a promise that was broken. */
  readonly broken: readonly string[];
}

const project = "faulty";
const namespace = `fleetglass-${project}`;
const header = "X-Scope-OrgID";
let generation = 0;

/** A fleet's worth of resources, published again and again, in another version each time. */
export async function startCampaign(mimirUrl: string, size: Size): Promise<Campaign> {
  const grafana = await startGrafana();
  const proxies = [await startProxy(grafana.url), await startProxy(mimirUrl)] as const;
  const tenants = Array.from({ length: size.tenants }, (_, at) => `faults-${process.pid}-${at}`);
  const targets = (grafanaUrl: string, rulerUrl: string, timeoutMs = 30_000): Target[] => {
    const server = {
      headers: { Authorization: `Bearer ${grafana.token}` },
      credential: "",
      variable: "",
      timeoutMs,
    };
    const about = { title: "Grafana", organisation: 1, project };
    const boards = http({ ...server, name: "Grafana", url: grafanaUrl });
    const rules = http({ ...server, name: "Mimir", url: rulerUrl });
    return [
      grafanaFolders(boards, about),
      grafanaDataSources(boards, about),
      grafanaDashboards(boards, about),
      ...tenants.map((tenant) => mimirRuler(rules, { title: "Mimir", tenant, header, namespace })),
    ];
  };
  // Less than a slow answer takes.
  const broken = targets(proxies[0].url, proxies[1].url, 2000);
  const sound = targets(grafana.url, mimirUrl);
  await plantForeign(grafana, mimirUrl, tenants);
  const foreign = await foreignState(grafana, mimirUrl, tenants);

  async function run(decide: Decide): Promise<Outcome> {
    generation += 1;
    const wanted = resources(size, tenants, generation);
    const found: string[] = [];
    let injected = 0;
    let requests = 0;
    let phase: "plan" | "apply" = "plan";
    for (const proxy of proxies) {
      proxy.inject((request) => {
        const fault = decide(requests, request, phase);
        requests += 1;
        if (fault) injected += 1;
        return fault;
      });
    }
    let failed = 0;
    try {
      const plans = await planFor(wanted, broken);
      phase = "apply";
      const steps = plans.flatMap((one) => stepsOf(one, true));
      const applied = await apply(plans, { prune: true, keepGoing: true });
      failed = applied.filter(({ error }) => error).length;
      if (applied.length !== steps.length) found.push(`${steps.length} steps were due, ${applied.length} were told of`);
      // The summary's truth: what it calls done is done.
      const pending = new Set(
        (await planFor(wanted, sound)).flatMap((one) => one.changes.map((change) => idOf(subject(change)))),
      );
      for (const { change, error } of applied) {
        if (!error && pending.has(idOf(subject(change)))) found.push(`${idOf(subject(change))} was called done`);
      }
    } catch (error) {
      // A plan that could not be made: nothing may have been written.
      failed += 1;
      if (proxies.some((proxy) => proxy.writes().length > 0))
        found.push(`writes before the plan was made: ${String(error)}`);
    }
    for (const proxy of proxies) {
      proxy.inject(() => undefined);
      proxy.forget();
    }
    const second = await apply(await planFor(wanted, sound), { prune: true });
    found.push(
      ...second.flatMap(({ change, error }) =>
        error ? [`the next run failed at ${idOf(subject(change))}: ${error.message}`] : [],
      ),
    );
    const third = (await planFor(wanted, sound)).flatMap((one) => one.changes);
    found.push(...third.map((change) => `the plan after it is not empty: ${change.action} ${idOf(subject(change))}`));
    if ((await foreignState(grafana, mimirUrl, tenants)) !== foreign) found.push("what is not ours was touched");
    found.push(...grafana.violations);
    return { faults: injected, requests, failed, broken: found };
  }

  return {
    run,
    async stop() {
      await Promise.all(proxies.map((proxy: Proxy) => proxy.stop()));
      await grafana.stop();
    },
  };
}

function idOf({ kind, at, id }: Pick<Resource, "kind" | "at" | "id">): string {
  return `${kind} ${"tenant" in at ? `${at.tenant} ` : ""}${id}`;
}

/** A third of all changes with each version, and a tenth of them comes or goes. */
function resources({ groups, boards, sources }: Size, tenants: readonly string[], version: number): Resource[] {
  const common = { needs: [], origin: "test" };
  const at = { system: "grafana", organisation: 1 } as const;
  const here = (index: number): boolean => index % 10 !== version % 10;
  const text = (index: number): string => (index % 3 === version % 3 ? `v${version}` : `v${version - (version % 3)}`);
  const list = (count: number): number[] => Array.from({ length: count }, (_, index) => index).filter(here);
  const folder: FolderResource = {
    ...common,
    kind: "folder",
    at,
    id: `fleetglass_${project}_all`,
    spec: { uid: `fleetglass_${project}_all`, title: "Faulty", slug: "all" },
  };
  const dataSources = list(sources).map((index): DataSourceResource => ({
    ...common,
    kind: "datasource",
    at,
    id: `faulty-${index}`,
    spec: {
      uid: `faulty-${index}`,
      name: `Faulty ${index}`,
      type: "prometheus",
      access: "proxy",
      url: `http://${text(index)}`,
      jsonData: { fleetglass: { project } },
    },
  }));
  const dashboards = list(boards).map((index): DashboardResource => ({
    ...common,
    kind: "dashboard",
    at,
    id: `faulty-${index}`,
    spec: { folder: folder.id, dashboard: board(index, `Board ${index} ${text(index)}`) },
  }));
  const ruleGroups = tenants.flatMap((tenant) =>
    ["fleetglass", ...list(groups).map((index) => `group-${index}`)].map((name): RuleGroupResource => ({
      ...common,
      kind: "rule-group",
      at: { system: "mimir", tenant, namespace },
      id: name,
      spec: {
        name,
        interval: "1m",
        rules: [
          {
            record: "a:b:c",
            expr: name === "fleetglass" ? "vector(1)" : `vector(${name.length}) # ${name}`,
            labels: { v: name === "fleetglass" ? "1" : text(Number(name.slice(6))) },
          },
        ],
      },
    })),
  );
  return [folder, ...dataSources, ...dashboards, ...ruleGroups];
}

/** Every fourth is in the newer model. */
function board(index: number, title: string): DashboardResource["spec"]["dashboard"] {
  const uid = `faulty-${index}`;
  const tags = [`fleetglass:${project}`];
  if (index % 4 !== 3) return { uid, title, tags } as DashboardResource["spec"]["dashboard"];
  const { spec, ...resource } = completed(resourceBoard({ uid, title, expr: "up" }));
  return { ...resource, spec: { ...spec, tags } };
}

async function plantForeign(grafana: Grafana, mimirUrl: string, tenants: readonly string[]): Promise<void> {
  await grafana.seedFolder({ uid: "by-hand", title: "By hand" });
  await grafana.seedDashboard({
    dashboard: { uid: "by-hand", title: "By hand", tags: [], panels: [] },
    folderUid: "by-hand",
  });
  await grafana.seedDataSource({
    uid: "by-hand",
    name: "By hand",
    type: "prometheus",
    access: "proxy",
    url: "http://hand",
  });
  for (const tenant of tenants) {
    const answer = await fetch(`${mimirUrl}/prometheus/config/v1/rules/by-hand`, {
      method: "POST",
      headers: { [header]: tenant },
      body: "name: by-hand\nrules:\n  - record: hand:made\n    expr: vector(1)\n",
    });
    if (answer.status !== 202) throw new Error(`Mimir answered ${answer.status}: ${await answer.text()}`);
  }
}

async function foreignState(grafana: Grafana, mimirUrl: string, tenants: readonly string[]): Promise<string> {
  const headers = { Authorization: `Bearer ${grafana.token}` };
  const texts = [
    ...["folders/by-hand", "dashboards/uid/by-hand", "datasources/uid/by-hand"].map((path) =>
      fetch(`${grafana.url}/api/${path}`, { headers }),
    ),
    ...tenants.map((tenant) =>
      fetch(`${mimirUrl}/prometheus/config/v1/rules/by-hand`, { headers: { [header]: tenant } }),
    ),
  ].map(async (answer) => (await answer).text());
  return (await Promise.all(texts)).join("\n");
}

/** The same numbers from the same seed: mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
