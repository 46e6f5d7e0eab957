import type { Fleet } from "../fleet/model.ts";
import { boardMap, type Content } from "./content.ts";
import { homeOf } from "./door-values.ts";
import type { Manifest } from "./manifest.ts";
import { agentsNamespace, type Door, doorsOf, grafanaNamespace, groupOf } from "./place.ts";
import type { OwnFleet } from "./release.ts";

const rbac = "rbac.authorization.k8s.io";
const read = ["get", "list", "watch"] as const;

/** What stands around the agents in every cluster, before any release: who may come in, and who may look. */
export function agentsAccess(): Manifest[] {
  return [
    namespace(agentsNamespace),
    policy(agentsNamespace, "default-deny", { podSelector: {}, policyTypes: ["Ingress"] }),
    // Agents scrape each other and the exporters, and hand spans on.
    policy(agentsNamespace, "within", {
      podSelector: {},
      policyTypes: ["Ingress"],
      ingress: [{ from: [{ podSelector: {} }] }],
    }),
    policy(agentsNamespace, "otlp", {
      podSelector: {
        matchExpressions: [{ key: "app.kubernetes.io/name", operator: "In", values: ["otel-agent", "otel-gateway"] }],
      },
      policyTypes: ["Ingress"],
      ingress: [{ from: [{ namespaceSelector: {} }], ports: [{ port: 4317 }, { port: 4318 }] }],
    }),
  ];
}

/** What scrapes: one of these in a cluster. */
const scrapers = ["prometheus", "prometheus-agent", "alloy", "otel-scraper"];

/** What stands around the backends in the ops cluster: nobody comes to them but through their door. */
export function centralAccess(fleet: OwnFleet, content: Content): Manifest[] {
  const doors = doorsOf(fleet);
  const homes = new Map(doors.map((door) => [door, homeOf(door, backendOf(fleet, door))] as const));
  const namespaces = [...new Set(homes.values())];
  const mimirHome = homes.get("mimir");
  const tempoHome = homes.get("tempo");
  return unique([
    ...namespaces.flatMap((name) => [
      ...closed(name),
      policy(name, "door", {
        podSelector: { matchLabels: { "app.kubernetes.io/component": "gateway" } },
        policyTypes: ["Ingress"],
        ingress: [{ from: [{ namespaceSelector: {} }], ports: [{ port: 8080 }] }],
      }),
    ]),
    ...beside(fleet),
    ...(mimirHome !== undefined && fleet.notifier === "mimir" && homes.get("loki") !== undefined
      ? [
          policy(mimirHome, "log-alerts", {
            podSelector: { matchLabels: { "app.kubernetes.io/component": "alertmanager" } },
            policyTypes: ["Ingress"],
            ingress: [
              {
                from: [
                  {
                    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": homes.get("loki") } },
                    podSelector: { matchLabels: { "app.kubernetes.io/component": "ruler" } },
                  },
                ],
                ports: [{ port: 8080 }],
              },
            ],
          }),
        ]
      : []),
    ...(mimirHome !== undefined && tempoHome !== undefined && mimirHome !== tempoHome
      ? [
          policy(mimirHome, "span-metrics", {
            podSelector: { matchLabels: { "app.kubernetes.io/component": "distributor" } },
            policyTypes: ["Ingress"],
            ingress: [
              {
                from: [
                  {
                    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": tempoHome } },
                    podSelector: { matchLabels: { "app.kubernetes.io/component": "metrics-generator" } },
                  },
                ],
                ports: [{ port: 8080 }],
              },
            ],
          }),
        ]
      : []),
    ...roles(fleet, content),
  ]);
}

/** Several things may share a namespace, and what closes it: the first of its name stays, where its namespace comes before. */
function unique(manifests: readonly Manifest[]): Manifest[] {
  const keys = manifests.map(({ kind, metadata: { namespace: home = "", name } }) => `${kind}/${home}/${name}`);
  return manifests.filter((_, at) => keys.indexOf(keys[at] ?? "") === at);
}

/** A namespace that only its own pods and what scrapes can come into. */
function closed(name: string): Manifest[] {
  return [
    namespace(name),
    policy(name, "default-deny", { podSelector: {}, policyTypes: ["Ingress"] }),
    policy(name, "within", { podSelector: {}, policyTypes: ["Ingress"], ingress: [{ from: [{ podSelector: {} }] }] }),
    policy(name, "scrapes", {
      podSelector: {},
      policyTypes: ["Ingress"],
      ingress: [
        {
          from: [
            {
              namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": agentsNamespace } },
              podSelector: {
                matchExpressions: [{ key: "app.kubernetes.io/name", operator: "In", values: scrapers }],
              },
            },
          ],
        },
      ],
    }),
  ];
}

/** What stands beside the backends, and who may come to it: people to Grafana, Grafana to what it asks. */
function beside(fleet: OwnFleet): Manifest[] {
  const { backends, notifier, infrastructure } = fleet;
  const comes = (what: string, home: string, port: number, from: readonly string[]): Manifest[] => [
    ...closed(home),
    policy(home, `asks-${what}`, {
      podSelector: {},
      policyTypes: ["Ingress"],
      ingress: [
        {
          from:
            from.length === 0
              ? [{ namespaceSelector: {} }]
              : from.map((name) => ({ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } })),
          ports: [{ port }],
        },
      ],
    }),
  ];
  return [
    ...comes("grafana", grafanaNamespace, 3000, []),
    ...(infrastructure.redis ? comes("redis", "redis", 6379, [grafanaNamespace]) : []),
    ...(backends.prometheus
      ? [
          ...comes("prometheus", homeOf("prometheus", backends.prometheus), 9090, [grafanaNamespace]),
          // It scrapes the central stack by itself.
          ...doorsOf(fleet).map((door) => centralScrape(fleet, homeOf(door, backendOf(fleet, door)))),
          centralScrape(fleet, grafanaNamespace),
        ]
      : []),
    ...(notifier === "alertmanager"
      ? comes("alertmanager", homeOf("alertmanager", backends.alertmanager), 9093, [
          grafanaNamespace,
          homeOf("mimir", backends.metrics),
          ...(backends.logs ? [homeOf("loki", backends.logs)] : []),
        ])
      : []),
  ];
}

function centralScrape({ backends }: OwnFleet, home: string): Manifest {
  return policy(home, "central-scrapes", {
    podSelector: {},
    policyTypes: ["Ingress"],
    ingress: [
      {
        from: [
          {
            namespaceSelector: {
              matchLabels: { "kubernetes.io/metadata.name": homeOf("prometheus", backends.prometheus) },
            },
            podSelector: { matchLabels: { "app.kubernetes.io/name": "prometheus" } },
          },
        ],
      },
    ],
  });
}

export function backendOf({ backends }: Fleet, door: Door): Fleet["backends"]["metrics"] | undefined {
  return { mimir: backends.metrics, loki: backends.logs, tempo: backends.traces }[door];
}

/**
 * Who may do what in the ops cluster. Groups are those of the identity provider: `<fleet>-sre`, and `<fleet>-<environment>`.
 * - `sre-observability-admin` sees and restarts the stack and owns what Prometheus' operator reads. It reads no Secret and
 *   grants no role: with those it would own the cluster.
 * - `<environment>-observability-viewer` reads that environment's boards where they are mounted from, and nothing else.
 */
function roles(fleet: OwnFleet, { boards }: Content): Manifest[] {
  const viewers = fleet.environments.filter(
    ({ name, workload }) => workload && boards.some(({ environment }) => environment === name),
  );
  return [
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRole",
      metadata: { name: "sre-observability-admin" },
      rules: [
        {
          apiGroups: [""],
          resources: [
            "pods",
            "pods/log",
            "services",
            "endpoints",
            "events",
            "configmaps",
            "persistentvolumeclaims",
            "nodes",
            "namespaces",
          ],
          verbs: read,
        },
        { apiGroups: [""], resources: ["pods/portforward"], verbs: ["create"] },
        { apiGroups: [""], resources: ["pods"], verbs: ["delete"] },
        { apiGroups: ["apps"], resources: ["deployments", "statefulsets", "daemonsets", "replicasets"], verbs: read },
        { apiGroups: ["apps"], resources: ["deployments", "statefulsets", "daemonsets"], verbs: ["patch"] },
        {
          apiGroups: ["apps"],
          resources: ["deployments/scale", "statefulsets/scale"],
          verbs: ["get", "patch", "update"],
        },
        {
          apiGroups: ["monitoring.coreos.com"],
          resources: ["servicemonitors", "podmonitors", "probes", "scrapeconfigs", "prometheusrules"],
          verbs: [...read, "create", "patch", "update", "delete"],
        },
        {
          apiGroups: ["monitoring.coreos.com"],
          resources: ["prometheusagents", "prometheuses", "alertmanagers"],
          verbs: read,
        },
      ],
    },
    binding("ClusterRoleBinding", "sre-observability-admin", groupOf(fleet, "sre")),
    ...viewers.flatMap(({ name }): Manifest[] => {
      const role = `${name.toLowerCase().replaceAll("_", "-")}-observability-viewer`;
      return [
        {
          apiVersion: `${rbac}/v1`,
          kind: "Role",
          metadata: { name: role, namespace: grafanaNamespace },
          // By their names: a list shows all of them, so it can't be granted for some.
          rules: [
            {
              apiGroups: [""],
              resources: ["configmaps"],
              resourceNames: boards.filter(({ environment }) => environment === name).map((board) => boardMap(board)),
              verbs: ["get"],
            },
          ],
        },
        binding("RoleBinding", role, groupOf(fleet, name)),
      ];
    }),
  ];
}

function binding(kind: "ClusterRoleBinding" | "RoleBinding", role: string, group: string): Manifest {
  const clusterWide = kind === "ClusterRoleBinding";
  return {
    apiVersion: `${rbac}/v1`,
    kind,
    metadata: { name: role, ...(!clusterWide && { namespace: grafanaNamespace }) },
    roleRef: { apiGroup: rbac, kind: clusterWide ? "ClusterRole" : "Role", name: role },
    subjects: [{ apiGroup: rbac, kind: "Group", name: group }],
  };
}

function namespace(name: string): Manifest {
  // Agents read the node's files and see its devices; nothing else needs to.
  const level = name === agentsNamespace ? "privileged" : "baseline";
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name, labels: { "pod-security.kubernetes.io/enforce": level } },
  };
}

function policy(home: string, name: string, spec: object): Manifest {
  return { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: { name, namespace: home }, spec };
}
