import { byList, max, promql, type Query, type RecordedSeries, select, sum, type Where } from "../queries/query.ts";
import { labelled, type Place, place, record, type Recorded, type RecordingGroup } from "./record.ts";
import { serviceErrors, serviceLatency, serviceRequests } from "./services.ts";

/** What is promised to whom: of all requests to a service, which share is answered well. */
export interface Slo {
  readonly name: string;
  readonly service: string;
  /** By environment; `default` for those that are not named. */
  readonly objective: Readonly<Record<string, number>>;
  readonly sli: Sli;
}

/** How many requests a second were bad, and how many there were, per cluster. */
export interface Sli {
  readonly errors: Query<Place>;
  readonly requests: Query<Place>;
}

export interface SloOptions {
  /** Unique among the SLOs of a service, default `availability`. */
  readonly name?: string;
  /** As in `service` of the boards. */
  readonly service: string;
  /** The promised share, such as 0.999, everywhere, or by environment: `{ default: 0.99, prd: 0.999 }`. */
  readonly objective: number | Readonly<Record<string, number>>;
  /** Default: requests to the service that do not fail, as its mesh, its own instruments or its spans count them. */
  readonly sli?: Sli;
}

/**
 * A service level objective over 30 days: its error budget is recorded, and alerts fire when it is spent too fast.
 * @throws {RangeError} where an objective is no share between 0 and 1.
 */
export function slo({ name = "availability", service, objective, sli = availabilityOf({ service }) }: SloOptions): Slo {
  const byEnvironment = typeof objective === "number" ? { default: objective } : objective;
  for (const [environment, share] of Object.entries(byEnvironment)) {
    if (share > 0 && share < 1) continue;
    throw new RangeError(
      `slo ${name} of ${service}: the objective for ${environment} is ${share}, which is no share between 0 and 1: 0.999 promises 99.9 %`,
    );
  }
  return { name, service, objective: byEnvironment, sli };
}

export interface ServiceOf {
  readonly service: string;
  readonly namespace?: string;
}

/** Requests that do not fail, of those that the best source in each cluster counts. */
export function availabilityOf({ service, namespace }: ServiceOf): Sli {
  const where = { service, ...(namespace !== undefined && { namespace }) };
  return { errors: sum(place, select(serviceErrors, where)), requests: sum(place, select(serviceRequests, where)) };
}

/** Requests that take at most so many seconds, which must be a bound of the source's buckets: 0.1, 0.25, 0.5, 1. */
export function latencyOf({ service, namespace, below }: ServiceOf & { readonly below: number }): Sli {
  const where: Where<"service" | "namespace"> = { service, ...(namespace !== undefined && { namespace }) };
  const all = sum(place, select(serviceLatency, { ...where, le: "+Inf" }));
  // As the source writes it: a whole second is "1" or "1.0", and a mesh that counts milliseconds has "250e-3".
  const written = (bound: number): string =>
    Number.isInteger(bound) ? `${bound}([.]0)?` : String(bound).replace(".", "[.]");
  const bound = `${written(below)}|${written(Number((1000 * below).toPrecision(12)))}e-3`;
  const quick = sum(place, select(serviceLatency, { ...where, le: { matches: bound } }));
  return {
    requests: all,
    errors: promql({ unit: "requests per second", labels: place })`${all} - ${quick}`,
  };
}

type OfSlo = Place | "slo" | "service";
type InEnvironment = "environment" | "slo" | "service";
const inEnvironment: readonly InEnvironment[] = ["environment", "slo", "service"];

function series<L extends string>(record: string, labels: readonly L[], unit: "requests per second" | "ratio") {
  return { record, labels, unit, requires: [] } satisfies RecordedSeries<L>;
}

/** Bad requests a second, and all of them: as few series as there are objectives and clusters. */
export const sloErrors: RecordedSeries<OfSlo> = series(
  "cluster_slo:errors:rate5m",
  [...place, "slo", "service"],
  "requests per second",
);
export const sloRequests: RecordedSeries<OfSlo> = series(
  "cluster_slo:requests:rate5m",
  [...place, "slo", "service"],
  "requests per second",
);

/** What is promised, per environment. */
export const sloObjective: RecordedSeries<InEnvironment> = series(
  "environment_slo:objective:ratio",
  inEnvironment,
  "ratio",
);

/** The windows of the burn rates: short ones tell that it still burns, long ones that it matters. */
export const sloWindows = ["5m", "30m", "1h", "6h", "3d", "30d"] as const;
export type SloWindow = (typeof sloWindows)[number];

/** The share of bad requests in a window, of all clusters of an environment together, each request counting alike. */
export function sloErrorRatio(window: SloWindow): Recorded<InEnvironment> {
  const total = (of: RecordedSeries<OfSlo>): Query<InEnvironment> =>
    sum(
      inEnvironment,
      window === "5m"
        ? select(of)
        : promql({ unit: of.unit, labels: of.labels })`sum_over_time(${select(of)}[${long(window)}])`,
    );
  return record({
    level: "environment_slo",
    name: `errors:ratio_${window}`,
    query: promql({ unit: "ratio", labels: inEnvironment })`${total(sloErrors)} / (${total(sloRequests)} > 0)`,
  });
}

/** Days are read five minutes at a time: a burst shorter than that is in the rate all the same. */
function long(window: SloWindow): string {
  return window.endsWith("d") ? `${window}:5m` : window;
}

/** What is left of the failures that 30 days allow: 1 all, 0 none, less where the promise was broken. */
export const sloBudget: Recorded<InEnvironment> = record({
  level: "environment_slo",
  name: "error_budget_remaining:ratio",
  query: promql({
    unit: "ratio",
    labels: inEnvironment,
  })`1 - ${select(sloErrorRatio("30d"))} / (1 - ${max(inEnvironment, select(sloObjective))})`,
});

/** The recording groups of these objectives. Each adds a few rules; the windows are recorded for all of them at once. */
export function sloGroups(slos: readonly Slo[]): RecordingGroup[] {
  if (slos.length === 0) return [];
  return [
    { name: "slos", interval: "1m", rules: slos.flatMap(measured) },
    { name: "slo-objectives", interval: "1m", rules: slos.flatMap(promised) },
    {
      name: "slo-windows",
      interval: "1m",
      rules: ["5m", "30m", "1h", "6h"].map((one) => sloErrorRatio(one as SloWindow)),
    },
    { name: "slo-budgets", interval: "5m", rules: [sloErrorRatio("3d"), sloErrorRatio("30d"), sloBudget] },
  ];
}

function measured({ name, service, sli: { errors, requests } }: Slo): Recorded[] {
  const named = { slo: name, service };
  // No failure is none, and not nothing: else there were no ratio until the first.
  const failed = promql({ unit: errors.unit, labels: place })`${errors} or on (${byList(place)}) (0 * ${requests})`;
  return [
    labelled(
      record({ level: "cluster_slo", name: "errors:rate5m", query: { ...failed, requires: errors.requires } }),
      named,
    ),
    labelled(record({ level: "cluster_slo", name: "requests:rate5m", query: requests }), named),
  ];
}

/** Where anything is asked at all: an environment without the service has no promise to keep. */
function promised({ name, service, objective }: Slo): Recorded[] {
  const own = Object.keys(objective).filter((environment) => environment !== "default");
  return Object.entries(objective).map(([environment, share]) => {
    const others = own.length === 0 ? {} : { environment: { matchesNot: own.join("|") } };
    const where = environment === "default" ? others : { environment };
    const asked = max(inEnvironment, select(sloRequests, { slo: name, service, ...where }));
    return record({
      level: "environment_slo",
      name: "objective:ratio",
      query: promql({ unit: "ratio", labels: inEnvironment })`0 * ${asked} + ${share}`,
    });
  });
}
