import type { Cluster, Fleet } from "../fleet/model.ts";

/** What a cluster is for decides how it lives: how big, how new, how often disturbed. */
export type Tier = "development" | "staging" | "production";

/** The fleet writes its environments in the order of promotion; the last one that runs workloads is production. */
export function tierOf(fleet: Fleet, cluster: Cluster): Tier {
  const environment = fleet.environments.find(({ name }) => name === cluster.environment);
  const order = fleet.environments.filter(({ workload }) => workload).map(({ name }) => name);
  const rank = order.indexOf(environment?.ranksAs ?? cluster.environment);
  if (rank < 0 || rank === order.length - 1) return "production";
  return rank === 0 ? "development" : "staging";
}

export interface Versions {
  readonly kubernetes: string;
  readonly kernel: string;
  readonly os: string;
  readonly runtime: string;
  /** Of the Go that built it, and when. */
  readonly go: string;
  readonly built: string;
}

/**
 * The newest goes to development first, as everywhere; what staging tried has reached production. Build facts are those of the
 * published releases.
 */
export const versions: Readonly<Record<Tier, Versions>> = {
  development: {
    kubernetes: "v1.35.0",
    kernel: "6.8.0-1044-azure",
    os: "Ubuntu 24.04.3 LTS",
    runtime: "containerd://2.1.6",
    go: "go1.25.5",
    built: "2025-12-17T12:32:07Z",
  },
  staging: {
    kubernetes: "v1.33.0",
    kernel: "5.15.0-1102-azure",
    os: "Ubuntu 22.04.5 LTS",
    runtime: "containerd://2.0.7",
    go: "go1.24.2",
    built: "2025-04-23T13:00:14Z",
  },
  production: {
    kubernetes: "v1.33.0",
    kernel: "5.15.0-1098-azure",
    os: "Ubuntu 22.04.5 LTS",
    runtime: "containerd://1.7.29",
    go: "go1.24.2",
    built: "2025-04-23T13:00:14Z",
  },
};

export interface Size {
  readonly cores: number;
  readonly memory: number;
  readonly instanceType: string;
  /** Share of its processor requests that a service uses at mean traffic. */
  readonly busy: number;
  /** Requests a second that reach the cluster, per pod of its services. */
  readonly traffic: number;
  /** Share of requests that fail on a good day. */
  readonly errors: number;
  readonly gpu: { readonly model: string; readonly memory: number; readonly watts: number; readonly perNode: number };
  /** Parts into which each GPU is cut; 1 where it is whole. */
  readonly mig: number;
}

const gibibyte: number = 1024 ** 3;

export const sizes: Readonly<Record<Tier, Size>> = {
  development: {
    cores: 4,
    memory: 16 * gibibyte,
    instanceType: "Standard_D4s_v5",
    busy: 0.2,
    traffic: 0.4,
    errors: 0.004,
    gpu: { model: "NVIDIA A10", memory: 24 * 1024, watts: 150, perNode: 1 },
    mig: 1,
  },
  staging: {
    cores: 4,
    memory: 16 * gibibyte,
    instanceType: "Standard_D4s_v5",
    busy: 0.3,
    traffic: 1.5,
    errors: 0.0015,
    gpu: { model: "NVIDIA A100-SXM4-80GB", memory: 80 * 1024, watts: 400, perNode: 1 },
    mig: 2,
  },
  production: {
    cores: 8,
    memory: 32 * gibibyte,
    instanceType: "Standard_D8s_v5",
    busy: 0.5,
    traffic: 9,
    errors: 0.0004,
    gpu: { model: "NVIDIA H100 80GB HBM3", memory: 80 * 1024, watts: 700, perNode: 4 },
    mig: 1,
  },
};
