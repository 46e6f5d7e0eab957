import type { Cluster, Fleet } from "../fleet/model.ts";
import { tierOf } from "./tier.ts";
import { milliseconds, moment, type Window } from "./time.ts";

/** Something that goes wrong on purpose. */
export interface Fault {
  readonly name: FaultName;
  /** What is wrong, in a line. */
  readonly about: string;
  /** Can it happen to this cluster? */
  readonly fits: (fleet: Fleet, cluster: Cluster) => boolean;
  /** The cluster it happens to where nobody says: production where possible; undefined where it can happen to none. */
  readonly defaultTarget: (fleet: Fleet) => Cluster | undefined;
}

/** From when to when something goes wrong, without the end. */
export interface FaultWindow {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** Default: the fault's own target. */
  readonly cluster?: string;
}

const any = (): boolean => true;
const runs = (_: Fleet, { type }: Cluster): boolean => type === "workload";
const hasGpus = (_: Fleet, { jobs }: Cluster): boolean => jobs["dcgm-exporter"] !== undefined;
const isWatched = ({ clusters }: Fleet): boolean => clusters.some(({ type, state }) => type === "ops" && isLive(state));

export type FaultName =
  | "cluster-silent"
  | "apiserver-down"
  | "node-not-ready"
  | "agent-behind"
  | "remote-write-failing"
  | "collector-dropping"
  | "memory-filling"
  | "cpu-saturated"
  | "version-drift"
  | "image-drift"
  | "replica-drift"
  | "certificate-expiring"
  | "gpu-xid"
  | "gpu-idle"
  | "gpu-saturated"
  | "inference-slow"
  | "error-burst"
  | "latency-burst"
  | "cost-spike"
  | "tenant-over-limit"
  | "ruler-failing"
  | "log-errors"
  | "log-flood"
  | "wrong-external-label";

const kinds: Readonly<Record<FaultName, Pick<Fault, "about" | "fits">>> = {
  "cluster-silent": { about: "Nothing arrives from the cluster: it, its agent or its network is gone", fits: any },
  "apiserver-down": {
    about: "The API server answers no scrape, while agents still report",
    fits: (_, { jobs }) => jobs["kube-apiserver"] !== undefined,
  },
  "node-not-ready": { about: "One node's kubelet is gone, and its pods are not ready", fits: any },
  "agent-behind": { about: "The agent sends late, and later all the time", fits: any },
  "remote-write-failing": { about: "A third of what the agent sends is refused and lost", fits: any },
  "collector-dropping": { about: "The Collector's queue is full, and it drops what comes", fits: any },
  "memory-filling": { about: "A leak fills the memory of every node until the window ends", fits: any },
  "cpu-saturated": { about: "Every node's processors are busy all the time", fits: any },
  "version-drift": { about: "The cluster's Kubernetes is a minor version ahead of its environment", fits: any },
  "image-drift": { about: "One service runs an image that no other cluster runs", fits: runs },
  "replica-drift": { about: "Someone scaled one service up by hand", fits: runs },
  "certificate-expiring": { about: "A certificate was not renewed and expires in three days", fits: runs },
  "gpu-xid": { about: "A GPU reports XID 94 and remaps rows: its memory fails", fits: hasGpus },
  "gpu-idle": { about: "GPUs are allocated, and nobody asks the models anything", fits: hasGpus },
  "gpu-saturated": {
    about: "The models get more requests than they can answer, which queue; another replica finds no GPU",
    fits: hasGpus,
  },
  "inference-slow": { about: "The models answer four times slower", fits: hasGpus },
  "error-burst": { about: "A fifth of all requests fail", fits: runs },
  "latency-burst": { about: "Requests take six times longer", fits: runs },
  "cost-spike": {
    about: "Nodes cost three times as much: spot capacity was replaced at list price",
    fits: (_, { jobs }) => jobs.opencost !== undefined,
  },
  "tenant-over-limit": {
    about: "The cluster's tenant is over its series limit, and samples are refused",
    fits: isWatched,
  },
  "ruler-failing": { about: "Rules of the cluster's tenant fail or are not evaluated in time", fits: isWatched },
  "log-errors": { about: "A pod complains twice a second of what no request sees", fits: runs },
  "log-flood": {
    about: "One pod writes a hundred times more logs than all others, and the tenant hits its rate limit",
    fits: runs,
  },
  "wrong-external-label": { about: "The agent was rolled out with another environment's label", fits: any },
};

/** Every fault there is, the fleet's own first. */
export const faults: readonly Fault[] = (Object.keys(kinds) as FaultName[]).map((name) => ({
  name,
  ...kinds[name],
  defaultTarget: (fleet) => {
    const possible = fleet.clusters.filter((cluster) => isLive(cluster.state) && kinds[name].fits(fleet, cluster));
    const rank = (cluster: Cluster): number =>
      (cluster.type === "workload" ? 0 : 2) + (tierOf(fleet, cluster) === "production" ? 0 : 1);
    return possible.sort((a, b) => rank(a) - rank(b))[0];
  },
}));

/** A fault window whose fault and cluster are known to exist and to fit. */
export interface PlannedFault extends Window {
  readonly name: FaultName;
  readonly cluster: Cluster;
}

/** Throws a RangeError where the fleet has no such cluster, the fault no such name, or the two don't fit. */
export function planFault(fleet: Fleet, { name, from, to, cluster }: FaultWindow): PlannedFault {
  const found = faults.find((fault) => fault.name === name);
  if (!found) {
    throw new RangeError(`there is no fault "${name}"; there are ${faults.map((fault) => fault.name).join(", ")}`);
  }
  if (!(to > from)) throw new RangeError(`the fault "${name}" ends before it starts`);
  if (cluster === undefined) {
    const target = found.defaultTarget(fleet);
    if (!target) throw new RangeError(`the fault "${name}" can happen to no cluster of this fleet`);
    return { name: found.name, from, to, cluster: target };
  }
  const target = fleet.clusters.find((one) => one.name === cluster);
  if (!target) {
    const names = fleet.clusters.map((one) => one.name).join(", ");
    throw new RangeError(
      `the fault "${name}" is to happen to "${cluster}", which the fleet does not have; it has ${names}`,
    );
  }
  if (!isLive(target.state) || !found.fits(fleet, target)) {
    throw new RangeError(`the fault "${name}" can't happen to "${cluster}": it lacks what would fail`);
  }
  return { name: found.name, from, to, cluster: target };
}

/**
 * A fault as people write it: `error-burst@-30m+10m`, `cluster-silent@now+5m,cluster=prd-eu-1`,
 * `gpu-xid@2026-11-19T10:00:00Z+1h`. Throws a RangeError that says what is expected.
 */
export function parseFault(text: string, now: number): FaultWindow {
  const parts = /^(?<name>[a-z-]+)@(?<start>.+)\+(?<length>[^+,]+?)(?:,cluster=(?<cluster>[^,]+))?$/u.exec(
    text,
  )?.groups;
  const { name = "", start = "", length = "", cluster } = parts ?? {};
  const duration = milliseconds(length);
  const from = moment(start, now);
  if (duration === undefined || duration === 0 || from === undefined) {
    throw new RangeError(
      `can't read the fault "${text}"; write NAME@START+DURATION[,cluster=NAME], with START like -30m, now or 2026-01-31T08:00:00Z and DURATION like 10m`,
    );
  }
  if (!faults.some((fault) => fault.name === name)) {
    throw new RangeError(`there is no fault "${name}"; there are ${faults.map((fault) => fault.name).join(", ")}`);
  }
  return { name, from, to: from + duration, ...(cluster !== undefined && { cluster }) };
}

/** Does the cluster run, whether or not anybody should expect it to? */
export function isLive(state: Cluster["state"]): boolean {
  return state === "active" || state === "maintenance";
}
