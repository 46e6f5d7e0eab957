import type { Fleet } from "../fleet/model.ts";
import type { Identity, Operation } from "./identities.ts";
import { identitiesOf } from "./identities.ts";
import type { Door } from "./place.ts";

/** A request that a backend knows: what it is for, and which of the backend's parts answers it. */
export interface Route {
  readonly operation: Operation;
  readonly methods: readonly ("GET" | "POST" | "DELETE")[];
  /** A regular expression of the whole path as it was sent, with no quote in it. */
  readonly path: string;
  readonly part: string;
}

const read = ["GET", "POST"] as const;

/** A segment of a path: nothing that could climb out of it, also not encoded. */
const segment = String.raw`(?!\.\.?(?:/|$)|[^/]*%2e%2e|[^/]*%00)[^/]+`;
const label = "[A-Za-z0-9_:.]+";

/** The doors' paths. What is not here is refused: admin pages, rings, block upload, deletion of logs, and what comes new. */
export const routes: Readonly<Record<Door, readonly Route[]>> = {
  mimir: [
    { operation: "push", methods: ["POST"], path: "/api/v1/push", part: "distributor" },
    { operation: "push", methods: ["POST"], path: "/otlp/v1/metrics", part: "distributor" },
    {
      operation: "read",
      methods: read,
      path: "/prometheus/api/v1/(?:query|query_range|query_exemplars|series|labels|read|format_query|metadata)",
      part: "query-frontend",
    },
    { operation: "read", methods: ["GET"], path: `/prometheus/api/v1/label/${label}/values`, part: "query-frontend" },
    { operation: "read", methods: ["GET"], path: "/prometheus/api/v1/status/buildinfo", part: "query-frontend" },
    {
      operation: "read",
      methods: read,
      path: "/prometheus/api/v1/cardinality/(?:label_names|label_values|active_series)",
      part: "query-frontend",
    },
    { operation: "rules-read", methods: ["GET"], path: "/prometheus/api/v1/(?:rules|alerts)", part: "ruler" },
    {
      operation: "rules-read",
      methods: ["GET"],
      path: `/prometheus/config/v1/rules(?:/${segment}(?:/${segment})?)?`,
      part: "ruler",
    },
    {
      operation: "rules-write",
      methods: ["POST", "DELETE"],
      path: `/prometheus/config/v1/rules/${segment}(?:/${segment})?`,
      part: "ruler",
    },
    {
      operation: "alertmanager-config",
      methods: ["GET", "POST", "DELETE"],
      path: "/api/v1/alerts",
      part: "alertmanager",
    },
    {
      operation: "rules-read",
      methods: ["GET"],
      path: "/alertmanager/api/v2/(?:status|alerts|alerts/groups|receivers|silences|silence/[0-9a-f-]+)",
      part: "alertmanager",
    },
    { operation: "silence", methods: ["POST"], path: "/alertmanager/api/v2/silences", part: "alertmanager" },
    {
      operation: "silence",
      methods: ["DELETE"],
      path: "/alertmanager/api/v2/silence/[0-9a-f-]+",
      part: "alertmanager",
    },
  ],
  loki: [
    { operation: "push", methods: ["POST"], path: "/loki/api/v1/push", part: "distributor" },
    { operation: "push", methods: ["POST"], path: "/otlp/v1/logs", part: "distributor" },
    {
      operation: "read",
      methods: read,
      path: "/loki/api/v1/(?:query|query_range|labels|series|index/stats|index/volume|index/volume_range|patterns|format_query|detected_labels|detected_fields)",
      part: "query-frontend",
    },
    {
      operation: "read",
      methods: ["GET"],
      path: `/loki/api/v1/(?:label|detected_field)/${label}/values`,
      part: "query-frontend",
    },
    { operation: "read", methods: ["GET"], path: "/loki/api/v1/(?:tail|status/buildinfo)", part: "query-frontend" },
    { operation: "rules-read", methods: ["GET"], path: "/prometheus/api/v1/(?:rules|alerts)", part: "ruler" },
    {
      operation: "rules-read",
      methods: ["GET"],
      path: `/loki/api/v1/rules(?:/${segment}(?:/${segment})?)?`,
      part: "ruler",
    },
    {
      operation: "rules-write",
      methods: ["POST", "DELETE"],
      path: `/loki/api/v1/rules/${segment}(?:/${segment})?`,
      part: "ruler",
    },
  ],
  tempo: [
    { operation: "push", methods: ["POST"], path: "/v1/traces", part: "distributor" },
    {
      operation: "read",
      methods: ["GET"],
      path: "/api/(?:v2/)?(?:traces/[0-9a-fA-F]+|search|search/tags|search/tag/[A-Za-z0-9_.%:]+/values)",
      part: "query-frontend",
    },
    {
      operation: "read",
      methods: ["GET"],
      path: "/api/(?:echo|status/buildinfo|metrics/(?:query|query_range|summary))",
      part: "query-frontend",
    },
  ],
};

export interface GatewayOptions {
  /** Port on which nginx listens. */
  readonly listen: string;
  /** Address of a part of the backend, `host:port`; of a name, where nginx is to ask `resolver` for it again and again. */
  readonly upstream: (part: string) => string;
  /** Where each tenant's spans go instead of Tempo, `host:port`, by the tenant: to what decides which traces are kept. */
  readonly samplers?: Readonly<Record<string, string>>;
  readonly resolver?: string;
  /** What the passwords are in. */
  readonly passwords: string;
  /** Where nginx may write. Default `/tmp`. */
  readonly folder?: string;
}

/**
 * The nginx configuration of a backend's door: identity × tenant × path × method, and everything else is refused. 401
 * without a password or with a wrong one, 403 for whatever one's identity may not do.
 */
export function gatewayConfig(fleet: Fleet, door: Door, options: GatewayOptions): string {
  const { listen, upstream, samplers, resolver, passwords, folder = "/tmp" } = options;
  // Mimir runs no Alertmanager where another tells people.
  const known = routes[door]
    .filter(({ part }) => part !== "alertmanager" || fleet.notifier === "mimir")
    .map((route) => (samplers && route.operation === "push" ? { ...route, part: "sampler" } : route));
  const parts = [...new Set(known.map(({ part }) => part))];
  const identities = identitiesOf(fleet);
  const tenanted = fleet.tenantHeader !== undefined;
  const header = tenanted ? `$http_${(fleet.tenantHeader ?? "").toLowerCase().replaceAll("-", "_")}` : "-";
  return `# The door to ${door}: who may do what with whose data. Generated from the fleet; what it does not name is refused.
worker_processes auto;
error_log /dev/stderr error;
pid ${folder}/nginx.pid;
worker_rlimit_nofile 8192;

events {
  worker_connections 4096;
}

http {
  client_body_temp_path ${folder}/client_temp;
  proxy_temp_path ${folder}/proxy_temp;
  fastcgi_temp_path ${folder}/fastcgi_temp;
  uwsgi_temp_path ${folder}/uwsgi_temp;
  scgi_temp_path ${folder}/scgi_temp;
  default_type application/octet-stream;
  server_tokens off;
  map_hash_bucket_size 512;
  map_hash_max_size 65536;
  variables_hash_max_size 2048;

  # Who did what, whose data, and how it ended: the audit trail of the door.
  log_format door escape=json '{"time":"$time_iso8601","identity":"$identity","user":"$remote_user","tenant":"$tenant","operation":"$operation","method":"$request_method","path":"$raw_path","status":$status,"bytes":$request_length,"seconds":$request_time,"client":"$remote_addr"}';
  access_log /dev/stderr door;
${resolver === undefined ? "" : `\n  resolver ${resolver} valid=10s;\n`}
  # Two users an identity, so that a new password works before the old one goes.
  map $remote_user $identity {
    default "";
    "~^(?<name>.+)[.][ab]$" $name;
  }

  map "${header}" $tenant {
    default "${header}";
  }

  # The path as it was sent: what is judged here is what the backend is sent, whatever it makes of dots and escapes.
  map $request_uri $raw_path {
    default "";
    "~^(?<path>[^?#]*)" $path;
  }

  map "$request_method $raw_path" $route {
    default none@nowhere;
${known.map(routeLine).join("\n")}
  }
  map $route $operation {
    "~^(?<what>.+)@" $what;
  }
  map $route $address {
    default "";
${parts.map((part) => `    "~@${part}$" ${part === "sampler" ? "$sampler" : `"${upstream(part)}"`};`).join("\n")}
  }
${samplers ? samplerMap(samplers) : ""}
  # Those who may do one thing in one tenant. Compared below and not here: nginx takes the keys of a map in any case.
  map $identity $own {
    default "";
${identities.filter(isNarrow).map(narrowLine(tenanted)).join("\n")}
  }
  map "$own|$operation $tenant" $allowed_own {
    default 0;
    "~^([^|]+)\\|\\1$" 1;
  }

  map "$identity $operation $tenant" $allowed {
    default $allowed_own;
${identities
  .filter((identity) => !isNarrow(identity))
  .flatMap((identity) => wideLines(identity, tenanted))
  .join("\n")}
  }

  # Without a user nothing is decided here: the password is asked for, and there is none.
  map $remote_user $refused {
    default $not_allowed;
    "" 0;
  }
  map $allowed $not_allowed {
    default 1;
    1 0;
  }

  map $http_upgrade $upgrade_connection {
    default upgrade;
    "" "";
  }

  server {
    listen ${listen};
    client_max_body_size 100m;
    proxy_http_version 1.1;
    proxy_read_timeout 300s;
    proxy_request_buffering off;

    location = /ready {
      access_log off;
      return 200 "ready\\n";
    }

    location / {
      auth_basic "${door}";
      auth_basic_user_file ${passwords};
      if ($refused) {
        return 403 "this user may not do this with this tenant\\n";
      }
      # One header, and the one that was judged: nginx judges the first of several, and would pass all of them on.
      proxy_set_header X-Scope-OrgID ${tenanted ? "$tenant" : '""'};
      # Passwords end here.
      proxy_set_header Authorization "";
      proxy_set_header Host $host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $upgrade_connection;
      proxy_pass http://$address$request_uri;
    }
  }
}
`;
}

/** By patterns: nginx would take plain keys in any case, and one tenant for another. Without tenants there is one. */
function samplerMap(samplers: Readonly<Record<string, string>>): string {
  const entries = Object.entries(samplers);
  const lines = entries.map(([tenant, address]) => `    "~^${escaped(tenant)}$" "${address}";`);
  return `  map $tenant $sampler {\n    default "";\n${lines.join("\n")}\n  }\n`;
}

function routeLine({ operation, methods, path, part }: Route): string {
  return `    "~^(?:${methods.join("|")}) ${path}$" ${operation}@${part};`;
}

/** One operation in one tenant: of these there is one a cluster, and nginx finds them by a hash. */
function isNarrow({ tenants, operations }: Identity): boolean {
  return tenants.length === 1 && operations.length === 1;
}

function narrowLine(tenanted: boolean): (identity: Identity) => string {
  return ({ name, tenants, operations }) => `    "${name}" "${operations[0]} ${tenanted ? tenants[0] : "-"}";`;
}

function wideLines({ name, tenants, together, operations }: Identity, tenanted: boolean): string[] {
  const one = tenanted ? `(?:${tenants.map(escaped).join("|")})` : "-";
  // Only questions may be about several at once: rules and silences belong to one.
  const several = together && operations.includes("read") ? [`    "~^${name} read ${one}(?:\\|${one})+$" 1;`] : [];
  return [`    "~^${name} (?:${operations.join("|")}) ${one}$" 1;`, ...several];
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/gu, String.raw`\$&`);
}
