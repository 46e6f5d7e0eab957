import { slug } from "../fleet/resolve.ts";
import type { Environment, Fleet, Hours, Receiver, Team, Tenant } from "../fleet/model.ts";
import { asFile, byName, integration, type Secret } from "./receivers.ts";
import { inhibitions } from "./inhibition.ts";
import { templateFile } from "./templates.ts";
import { type ByTime, severities, tierOf, type Urgency, urgencyPolicy } from "./urgency.ts";

/** An Alertmanager's configuration in its own words, which may hold holes for what the fleet calls its labels. */
export type Configuration = {
  readonly route: Route;
  readonly receivers: readonly { readonly name: string; readonly [key: string]: unknown }[];
  readonly inhibit_rules: readonly {
    readonly source_matchers: readonly string[];
    readonly target_matchers: readonly string[];
    readonly equal: readonly string[];
  }[];
  readonly time_intervals: readonly unknown[];
  readonly templates: readonly string[];
};

export interface Route {
  readonly receiver?: string;
  readonly matchers?: readonly string[];
  readonly group_by?: readonly string[];
  readonly group_wait?: string;
  readonly group_interval?: string;
  readonly repeat_interval?: string;
  readonly active_time_intervals?: readonly string[];
  readonly mute_time_intervals?: readonly string[];
  readonly continue?: boolean;
  readonly routes?: readonly Route[];
}

/** Where a template file lies in a pod of Alertmanager, beside its configuration. */
const templateFolder = "/etc/alertmanager/config";

const businessHours = "business-hours";
const nobody = "nobody";
const fallback = "default";
const heartbeat = "heartbeat";

/**
 * How often whoever hears the heartbeat is called, and after what silence it should raise the alarm: a call may come a minute
 * late, and an Alertmanager may be moved to another node meanwhile.
 */
export const heartbeatPace = { every: "1m", missedAfter: "5m" } as const;

/**
 * The one Alertmanager of a fleet, with secrets in files: for `notifier: alertmanager`, as a Secret or ConfigMap of Kubernetes.
 */
export function sharedRouting(fleet: Fleet): Configuration {
  const oneTenantEach = fleet.environments.every(({ name }) => tenantsOf(fleet, name) < 2);
  return {
    ...configuration(fleet, fleet.environments, { secret: asFile, withinTenant: oneTenantEach }),
    templates: [`${templateFolder}/${templateFile}`],
  };
}

/** What a tenant's own Alertmanager in Mimir is told: of its environments only, but for the owner, who compares all. */
export function tenantRouting(fleet: Fleet, tenant: Tenant): Configuration {
  const own = new Set(tenant.clusters.map(({ environment }) => environment));
  const seen = fleet.owner === tenant.id ? fleet.environments : fleet.environments.filter(({ name }) => own.has(name));
  return { ...configuration(fleet, seen, { secret: byName, withinTenant: true }), templates: [templateFile] };
}

function tenantsOf({ clusters }: Fleet, environment: string): number {
  return new Set(clusters.filter((cluster) => cluster.environment === environment).map(({ tenant }) => tenant)).size;
}

interface Form {
  readonly secret: Secret;
  /** Do alerts of one environment come from one tenant? */
  readonly withinTenant: boolean;
}

function configuration(
  fleet: Fleet,
  environments: readonly Environment[],
  { secret, withinTenant }: Form,
): Omit<Configuration, "templates"> {
  const { cluster, environment: inEnvironment } = fleet.labels;
  const hears = (environment?: Environment): boolean => heartbeatsOf(fleet, environment).length > 0;
  const route: Route = {
    receiver: fallback,
    group_by: ["alertname", cluster, inEnvironment],
    group_wait: "30s",
    group_interval: "5m",
    repeat_interval: "4h",
    routes: [
      {
        matchers: [matcher("alertname", "Watchdog")],
        receiver: hears() ? heartbeat : nobody,
        group_by: [inEnvironment, "tenant"],
        group_wait: "0s",
        group_interval: heartbeatPace.every,
        repeat_interval: heartbeatPace.every,
        ...withRoutes(
          environments
            .filter((one) => isHeardApart(fleet, one))
            .map((one) => ({ matchers: [matcher(inEnvironment, one.name)], receiver: heartbeatName(one) })),
        ),
      },
      ...environments.map((environment) => environmentRoute(fleet, environment)),
    ],
  };
  const used = new Set(receiversIn(route));
  return {
    route,
    receivers: receiversOf(fleet, environments, secret).filter(({ name }) => used.has(name)),
    inhibit_rules: inhibitions
      .filter((one) => withinTenant || one.withinTenant !== true)
      .map(({ source, target, equal }) => ({
        source_matchers: split(source),
        target_matchers: split(target),
        equal: equal.map((label) => (fleet.labels as Readonly<Record<string, string>>)[label] ?? label),
      })),
    time_intervals: [{ name: businessHours, time_intervals: [interval(fleet.alerting.hours)] }],
  };
}

function withRoutes(routes: readonly Route[]): Pick<Route, "routes"> {
  return routes.length === 0 ? {} : { routes };
}

/** Those that hear all environments; of one environment, those that hear it too. */
function heartbeatsOf({ alerting }: Fleet, environment?: Environment): Receiver[] {
  return alerting.receivers.filter(
    ({ kind, environments: only }) =>
      kind === heartbeat && (only === undefined || (environment !== undefined && only.includes(environment.name))),
  );
}

/** Where all call one address, nobody hears that one of them is silent. */
function isHeardApart(fleet: Fleet, environment: Environment): boolean {
  return heartbeatsOf(fleet, environment).some(({ environments: only }) => only !== undefined);
}

function heartbeatName({ title }: Environment): string {
  return `${heartbeat}-${slug(title)}`;
}

/** `a="b", c=~"d"` as a list. No value of ours has a comma. */
function split(matchers: string): string[] {
  return matchers.split(", ");
}

function matcher(label: string, value: string): string {
  return `${label}="${value}"`;
}

function environmentRoute(fleet: Fleet, environment: Environment): Route {
  const own = fleet.teams.flatMap((team) =>
    isTold(fleet, team, environment) ? teamRoutes(fleet, team, environment) : [],
  );
  return {
    matchers: [matcher(fleet.labels.environment, environment.name)],
    receiver: receiverName(environment, "ticket"),
    routes: [...own, ...severityRoutes(fleet, environment)],
  };
}

/** Is there anybody of the team to tell, at all or when it is so urgent? */
function isTold({ alerting }: Fleet, team: Team, environment: Environment, urgency?: Urgency): boolean {
  const what = { team: team.name, ...(urgency !== undefined && { urgency }) };
  return (
    team.environments.includes(environment.name) && alerting.receivers.some((one) => isFor(one, environment, what))
  );
}

/** What names the team, and what fires in its namespaces, whoever wrote the rule. */
function teamRoutes(fleet: Fleet, team: Team, environment: Environment): Route[] {
  const { name, namespaces } = team;
  const matchers = [matcher("team", name), ...(namespaces.length > 0 ? [`namespace=~"${namespaces.join("|")}"`] : [])];
  return matchers.map((one) => ({
    matchers: [one],
    receiver: receiverName(environment, "ticket", teamFor(fleet, environment, { team, urgency: "ticket" })),
    routes: severityRoutes(fleet, environment, team),
  }));
}

/** The team, where it can be told; else those who are told of all. */
function teamFor(
  fleet: Fleet,
  environment: Environment,
  { team, urgency }: { readonly team: Team | undefined; readonly urgency: Urgency },
): Team | undefined {
  return team && isTold(fleet, team, environment, urgency) ? team : undefined;
}

function severityRoutes(fleet: Fleet, environment: Environment, team?: Team): Route[] {
  return severities.flatMap((severity) => {
    const byTime = urgencyPolicy[severity][tierOf(fleet, environment)];
    return routesFor(severity, byTime, (urgency) =>
      receiverName(environment, urgency, teamFor(fleet, environment, { team, urgency })),
    );
  });
}

/** One route where the time makes no difference; else one that is active in business hours, and one outside of them. */
function routesFor(severity: string, { inHours, outside }: ByTime, receiverOf: (urgency: Urgency) => string): Route[] {
  const matchers = [matcher("severity", severity)];
  const to = (urgency: Urgency): Route => ({
    matchers,
    receiver: receiverOf(urgency),
    ...pace[urgency],
  });
  if (inHours === outside) return [to(inHours)];
  const during: Route = { ...to(inHours), active_time_intervals: [businessHours] };
  if (outside === "drop") return [during];
  return [
    { ...during, continue: true },
    { ...to(outside), mute_time_intervals: [businessHours] },
  ];
}

const pace: Readonly<Record<Urgency, Route>> = {
  page: { repeat_interval: "1h" },
  ticket: { repeat_interval: "12h" },
  chat: { group_interval: "15m", repeat_interval: "24h" },
  drop: {},
};

/** The brief names of people: `production-critical` wakes, `production-alerts` is for the day. */
function receiverName({ title }: Environment, urgency: Urgency, team?: Team): string {
  if (urgency === "drop") return nobody;
  const name = slug(team ? `${team.name}-${title}` : title);
  return { page: `${name}-critical`, ticket: `${name}-alerts`, chat: `${name}-chat` }[urgency];
}

function receiversIn({ receiver, routes = [] }: Route): string[] {
  return [...(receiver === undefined ? [] : [receiver]), ...routes.flatMap(receiversIn)];
}

function receiversOf(
  fleet: Fleet,
  environments: readonly Environment[],
  secret: Secret,
): { readonly name: string; readonly [key: string]: unknown }[] {
  const all = fleet.alerting.receivers;
  const named = environments.flatMap((environment) =>
    [undefined, ...fleet.teams].flatMap((team) =>
      (["page", "ticket", "chat"] as const).map((urgency) => ({
        name: receiverName(environment, urgency, team),
        ...integrations(
          all.filter((one) => isFor(one, environment, { urgency, ...(team && { team: team.name }) })),
          secret,
        ),
      })),
    ),
  );
  return [
    // What no environment claims: somebody has to see it.
    {
      name: fallback,
      ...integrations(
        all.filter(
          ({ kind, environments: only, team }) => kind !== "heartbeat" && only === undefined && team === undefined,
        ),
        secret,
      ),
    },
    ...named,
    { name: heartbeat, ...integrations(heartbeatsOf(fleet), secret) },
    ...environments.map((one) => ({
      name: heartbeatName(one),
      ...integrations(heartbeatsOf(fleet, one), secret),
    })),
    { name: nobody },
  ];
}

function isFor(
  { kind, urgencies: only, environments, team: own }: Receiver,
  { name }: Environment,
  { urgency, team }: { readonly urgency?: Urgency; readonly team?: string },
): boolean {
  if (kind === "heartbeat" || own !== team) return false;
  return (
    (urgency === undefined || (only?.some((one) => one === urgency) ?? true)) && (environments?.includes(name) ?? true)
  );
}

/** By kind, as Alertmanager wants them. */
function integrations(receivers: readonly Receiver[], secret: Secret): Readonly<Record<string, unknown[]>> {
  const found: Record<string, unknown[]> = {};
  for (const receiver of receivers) {
    const { key, config } = integration(receiver, secret);
    (found[key] ??= []).push(config);
  }
  return found;
}

const days = {
  mon: "monday",
  tue: "tuesday",
  wed: "wednesday",
  thu: "thursday",
  fri: "friday",
  sat: "saturday",
  sun: "sunday",
} as const;

function interval({ timeZone, days: working, from, to }: Hours): unknown {
  return {
    weekdays: working.map((day) => days[day]),
    times: [{ start_time: from, end_time: to }],
    location: timeZone,
  };
}
