import type { Cluster } from "../fleet/model.ts";
import { roles } from "../labels.ts";
import type { ClusterModel } from "./cluster.ts";
import { Presence } from "./steps.ts";
import { milliseconds, second, type Window, within, without } from "./time.ts";
import { hash } from "./random.ts";

export type Labels = Readonly<Record<string, string>>;

export type SeriesType = "counter" | "gauge" | "histogram" | "info";

/** One series of one cluster: its labels never change, its value is a function of time. */
export interface SimulatedSeries {
  /** `__name__`, its own, and the fleet's labels as the agents attach them. */
  readonly labels: Labels;
  /** The metric that the series is a part of: without `_bucket`, `_sum` and `_count`. */
  readonly family: string;
  readonly type: SeriesType;
  /** The cluster that it comes from, whatever its label says. */
  readonly cluster: string;
  /** Where its agent writes. */
  readonly tenant: string;
  /** The scrape interval in milliseconds. */
  readonly interval: number;
  /** Undefined where it is not exposed then. Only meant for the window that was asked for; in the order of time it is fastest. */
  readonly at: (ms: number) => number | undefined;
}

export type Value = number | ((ms: number) => number);

const always: readonly Window[] = [{ from: -Infinity, to: Infinity }];

export interface TargetOptions {
  readonly job: string;
  readonly instance: string;
  /** When it is there to be scraped. */
  readonly exists?: readonly Window[];
  /** When it does not answer. */
  readonly down?: readonly Window[];
  /** What `up` has, and all that it exposes. */
  readonly labels?: Labels;
  /** Not scraped more often than this, in milliseconds. */
  readonly slow?: number;
}

export interface PushOptions extends Pick<TargetOptions, "exists" | "slow"> {
  /** Of all that it sends. */
  readonly labels: Labels;
}

/** Collects the series of one cluster. */
export class Emitter {
  readonly model: ClusterModel;
  readonly series: SimulatedSeries[] = [];
  readonly place: Labels;
  readonly #interval: number;
  readonly #heard: Presence;

  constructor(model: ClusterModel) {
    this.model = model;
    this.place = placeOf(model);
    this.#interval = milliseconds(model.cluster.scrapeInterval) ?? 30 * second;
    this.#heard = new Presence(model.heard);
  }

  get cluster(): Cluster {
    return this.model.cluster;
  }

  /** Something that is scraped, and what each scrape says about itself. */
  target({ job, instance, exists = always, down = [], labels = {}, slow = 0 }: TargetOptions): Target {
    const interval = Math.max(this.#interval, slow);
    const there = exists.flatMap((one) => within(one, this.#heard.windows));
    const own: Labels = { job, instance, ...labels };
    const about = new Target(this, own, new Presence(there), interval);
    const answers = new Presence(there.flatMap((one) => without(one, down)));
    about.gauge("up", {}, (ms) => (answers.at(ms) ? 1 : 0));
    const usual = 0.004 + (hash(job, instance) % 100) / 2000;
    about.gauge("scrape_duration_seconds", {}, (ms) =>
      answers.at(ms) ? usual * (1 + (hash(job, ms) % 64) / 256) : 10,
    );
    return new Target(this, own, answers, interval);
  }

  /** Something that sends by itself, so that nobody says whether it answers. */
  pushed({ labels, exists = always, slow = 0 }: PushOptions): Target {
    const there = exists.flatMap((one) => within(one, this.#heard.windows));
    return new Target(this, labels, new Presence(there), Math.max(this.#interval, slow));
  }

  add(series: SimulatedSeries): void {
    this.series.push(series);
  }
}

/** The labels that the cluster's agents attach to everything: all that the fleet does not derive. */
export function placeOf({ world: { fleet }, cluster }: Pick<ClusterModel, "world" | "cluster">): Labels {
  const { labels, derived } = fleet;
  const values = {
    cluster: cluster.name,
    environment: cluster.environment,
    region: cluster.region,
    cluster_type: cluster.type,
    tenant_id: fleet.name,
  };
  return Object.fromEntries(roles.flatMap((role) => (derived.includes(role) ? [] : [[labels[role], values[role]]])));
}

/** A part of a histogram's observations: how many, and how they are distributed. */
export interface Share {
  readonly count: (ms: number) => number;
  /** Log-normal, as durations are: the middle, and the spread of the logarithm. */
  readonly median: number;
  readonly spread: number;
}

export class Target {
  readonly #emitter: Emitter;
  readonly #own: Labels;
  readonly #answers: Presence;
  readonly #interval: number;

  constructor(emitter: Emitter, own: Labels, answers: Presence, interval: number) {
    this.#emitter = emitter;
    this.#own = own;
    this.#answers = answers;
    this.#interval = interval;
  }

  gauge(name: string, labels: Labels, value: Value, exists?: readonly Window[]): void {
    this.#add({ name, family: name, type: "gauge" }, labels, value, exists);
  }

  /** Always 1: what it says is in its labels. */
  info(name: string, labels: Labels, exists?: readonly Window[]): void {
    this.#add({ name, family: name, type: "info" }, labels, 1, exists);
  }

  counter(name: string, labels: Labels, value: Value, exists?: readonly Window[]): void {
    this.#add({ name, family: name, type: "counter" }, labels, value, exists);
  }

  /** Counts of whole things: no half request. */
  counts(name: string, labels: Labels, value: (ms: number) => number, exists?: readonly Window[]): void {
    this.counter(name, labels, (ms) => Math.floor(value(ms)), exists);
  }

  histogram(
    name: string,
    labels: Labels,
    {
      buckets,
      shares,
      exists,
    }: { readonly buckets: readonly number[]; readonly shares: readonly Share[]; readonly exists?: readonly Window[] },
  ): void {
    const add = (suffix: string, own: Labels, weigh: (share: Share) => number, whole = true): void => {
      const parts = shares
        .map((share) => ({ count: share.count, weight: weigh(share) }))
        .filter(({ weight }) => weight > 1e-9);
      const [only] = parts;
      const value =
        parts.length === 1 && only
          ? (ms: number) => only.count(ms) * only.weight
          : (ms: number) => parts.reduce((sum, { count, weight }) => sum + count(ms) * weight, 0);
      this.#add(
        { name: `${name}${suffix}`, family: name, type: "histogram" },
        { ...labels, ...own },
        whole ? (ms) => Math.floor(value(ms)) : value,
        exists,
      );
    };
    for (const le of buckets) add("_bucket", { le: String(le) }, ({ median, spread }) => logNormal(le, median, spread));
    add("_bucket", { le: "+Inf" }, () => 1);
    add("_count", {}, () => 1);
    add("_sum", {}, ({ median, spread }) => median * Math.exp(spread ** 2 / 2), false);
  }

  #add(
    { name, family, type }: { readonly name: string; readonly family: string; readonly type: SeriesType },
    labels: Labels,
    value: Value,
    exists?: readonly Window[],
  ): void {
    const { cluster, place } = this.#emitter;
    const answers = this.#answers;
    const { window } = this.#emitter.model;
    const shown = exists && within(window, exists);
    if (!isEver(shown ?? [window], answers.windows)) return;
    const own = exists && new Presence(exists);
    const known = typeof value === "number" ? () => value : value;
    this.#emitter.add({
      labels: { __name__: name, ...this.#own, ...labels, ...place },
      family,
      type,
      cluster: cluster.name,
      tenant: cluster.tenant,
      interval: this.#interval,
      at: own
        ? (ms) => (answers.at(ms) && own.at(ms) ? known(ms) : undefined)
        : (ms) => (answers.at(ms) ? known(ms) : undefined),
    });
  }
}

/** Is there a moment that lies in one of each? */
function isEver(some: readonly Window[], others: readonly Window[]): boolean {
  return some.some((one) => others.some((other) => one.from < other.to && other.from < one.to));
}

/** The share of observations up to a value. The error function is Abramowitz and Stegun 7.1.26, right to six digits. */
function logNormal(value: number, median: number, spread: number): number {
  const z = Math.log(value / median) / (spread * Math.SQRT2);
  const t = 1 / (1 + 0.3275911 * Math.abs(z));
  const tail =
    t *
    (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) *
    Math.exp(-z * z);
  return z >= 0 ? 1 - tail / 2 : tail / 2;
}
