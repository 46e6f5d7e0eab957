import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { alertmanagerOf } from "../../src/bundle.ts";
import type { Project } from "../../src/project.ts";
import { secretFolder } from "../../src/routing/receivers.ts";
import { sharedRouting } from "../../src/routing/routing.ts";
import { startAlertmanager } from "./alertmanager.ts";
import type { Episode } from "./incidents.ts";
import type { Receiver } from "./receiver.ts";
import { scaled } from "./scaled.ts";

export type Notifier = "mimir" | "alertmanager";

/** Whoever tells people of a fleet's alerts: sends all that arrive at `of(tenant)`, an API of Alertmanager's, to a receiver. */
export interface Told {
  readonly notifier: Notifier;
  readonly of: (tenant: string) => { readonly url: string; readonly headers: Readonly<Record<string, string>> };
  readonly stop: () => Promise<void>;
}

export interface TellOptions {
  readonly receiver: Pick<Receiver, "url">;
  /** What the receiver is told at: notifications of one fleet of several. */
  readonly path: string;
  /** Divides the waits of routes. */
  readonly factor: number;
}

/** The fleet's routing for Mimir's own Alertmanager, a configuration for each tenant, whose names begin so. */
export async function tellByMimir(
  url: string,
  project: Project,
  { receiver, path, factor }: TellOptions,
  prefix = "",
): Promise<Told> {
  for (const tenant of project.fleet.tenants) {
    const { config, templates } = alertmanagerOf(project, tenant);
    const text = stringify(scaled(config, { factor }), { lineWidth: 0 }).replaceAll(
      /url:\n\s+env: (\w+)/gu,
      `url: ${receiver.url}/${path}`,
    );
    const headers = { "X-Scope-OrgID": `${prefix}${tenant.id}` };
    await sent(`${url}/api/v1/alerts`, headers, stringify({ template_files: templates, alertmanager_config: text }));
  }
  return {
    notifier: "mimir",
    of: (tenant) => ({ url: `${url}/alertmanager`, headers: { "X-Scope-OrgID": `${prefix}${tenant}` } }),
    stop: () => Promise.resolve(),
  };
}

/** The fleet's routing for one Alertmanager of all tenants, with its secrets in files. */
export async function tellByAlertmanager(project: Project, { receiver, path, factor }: TellOptions): Promise<Told> {
  const { fleet } = project;
  const [tenant] = fleet.tenants;
  if (!tenant) throw new Error("a fleet without tenants");
  const config = scaled(sharedRouting(fleet), { factor });
  const text = stringify({ ...config, templates: ["⟦folder⟧/*.tmpl"] }, { lineWidth: 0 });
  const secrets = ["ALERT_WEBHOOK_URL", "HEARTBEAT_URL"].map((name) => [`secrets/${name}`, `${receiver.url}/${path}`]);
  const { url, stop } = await startAlertmanager(text.replaceAll(secretFolder, "⟦folder⟧/secrets"), {
    ...alertmanagerOf(project, tenant).templates,
    ...(Object.fromEntries(secrets) as Record<string, string>),
  });
  return { notifier: "alertmanager", of: () => ({ url, headers: {} }), stop };
}

/**
 * Hands what fired to an Alertmanager as rulers would have, in its order, with a minute in `60 s / factor`, from the first fault
 * on for so many minutes.
 */
export async function play(
  told: readonly { readonly by: Told; readonly episodes: readonly Episode[]; readonly minutes: number }[],
  factor: number,
): Promise<void> {
  const begun = Date.now();
  const longest = Math.max(...told.map(({ minutes }) => minutes));
  for (let now = 0; now <= longest; now += 1) {
    const posts = told
      .filter(({ minutes }) => now <= minutes)
      .flatMap(({ by, episodes }) => {
        // What fired before the fault is there from the start.
        const starting = episodes.filter(({ from, to }) => Math.max(0, Math.ceil(from)) === now && to > now);
        const ending = episodes.filter(({ from, to }) => from < now && Math.ceil(to) === now);
        return [...new Set([...starting, ...ending].map(({ tenant }) => tenant))].map((tenant) => {
          const { url, headers } = by.of(tenant);
          const alerts = [...ending, ...starting]
            .filter((one) => one.tenant === tenant)
            .map((one) => ({
              labels: one.labels,
              annotations: {},
              startsAt: new Date(begun).toISOString(),
              endsAt: new Date(Date.now() + (ending.includes(one) ? 0 : 3_600_000)).toISOString(),
            }));
          return sent(
            `${url}/api/v2/alerts`,
            { ...headers, "Content-Type": "application/json" },
            JSON.stringify(alerts),
          );
        });
      });
    await Promise.all(posts);
    await sleep(Math.max(0, begun + ((now + 1) * 60_000) / factor - Date.now()));
  }
}

export async function sent(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<void> {
  const response = await fetch(url, { method: "POST", headers, body });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
}
