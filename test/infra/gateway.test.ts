import { Agent, createServer, request, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Fleet } from "../../src/fleet/model.ts";
import type { Operation } from "../../src/infra/identities.ts";
import { basic, describeWithNginx, startGateway } from "../support/nginx.ts";
import { smallOwnFleet } from "../support/own-fleets.ts";
import type { Program } from "../support/program.ts";

/** With a central Prometheus, which asks by its own name. */
const fleet = smallOwnFleet({
  backends: [
    { kind: "mimir", url: "http://mimir-gateway.mimir.svc/prometheus" },
    { kind: "loki", url: "http://loki-gateway.loki.svc" },
    { kind: "tempo", url: "http://tempo-gateway.tempo.svc" },
    { kind: "prometheus", url: "http://prometheus-server.prometheus.svc" },
  ],
});
const tenants = ["dev", "stg", "prd", "ops"];
const methods = ["GET", "POST", "PUT", "DELETE", "PATCH"] as const;

type Method = (typeof methods)[number];

interface Sample {
  readonly path: string;
  /** What each method of it is; others are refused to everybody. */
  readonly is: { readonly [M in Method]?: Operation };
}

const nothing = {};
const asked = { GET: "read", POST: "read" } as const;

/** Written by hand, not taken from the code: what each backend has, also what nobody may reach. */
const samples = {
  mimir: [
    { path: "/api/v1/push", is: { POST: "push" } },
    { path: "/otlp/v1/metrics", is: { POST: "push" } },
    { path: "/prometheus/api/v1/query?query=up", is: asked },
    { path: "/prometheus/api/v1/query_range", is: asked },
    { path: "/prometheus/api/v1/read", is: asked },
    { path: "/prometheus/api/v1/label/cluster/values", is: { GET: "read" } },
    { path: "/prometheus/api/v1/cardinality/label_names", is: asked },
    { path: "/prometheus/api/v1/rules", is: { GET: "rules-read" } },
    { path: "/prometheus/config/v1/rules", is: { GET: "rules-read" } },
    {
      path: "/prometheus/config/v1/rules/fleetglass-core/health%2F1",
      is: { GET: "rules-read", POST: "rules-write", DELETE: "rules-write" },
    },
    {
      path: "/api/v1/alerts",
      is: { GET: "alertmanager-config", POST: "alertmanager-config", DELETE: "alertmanager-config" },
    },
    { path: "/alertmanager/api/v2/alerts", is: { GET: "rules-read" } },
    { path: "/alertmanager/api/v2/silences", is: { GET: "rules-read", POST: "silence" } },
    { path: "/api/v1/upload/block/01H000/start", is: nothing },
    { path: "/distributor/ring", is: nothing },
    { path: "/ingester/flush", is: nothing },
    { path: "/ingester/shutdown", is: nothing },
    { path: "/config", is: nothing },
    { path: "/runtime_config", is: nothing },
    { path: "/api/v1/user_limits", is: nothing },
    { path: "/multitenant_alertmanager/configs", is: nothing },
    { path: "/metrics", is: nothing },
    { path: "/", is: nothing },
    // What one location would take for another.
    { path: "/prometheus/../api/v1/push", is: nothing },
    { path: "/api/v1/push/../../prometheus/api/v1/query", is: nothing },
    { path: "/api/v1/push/%2e%2e/%2e%2e/config", is: nothing },
    { path: "//api/v1/push", is: nothing },
    { path: "/API/V1/PUSH", is: nothing },
    { path: "/prometheus/config/v1/rules/%2e%2e/%2E%2E", is: nothing },
    { path: "/prometheus/config/v1/rules/../../api/v1/query", is: nothing },
  ],
  loki: [
    { path: "/loki/api/v1/push", is: { POST: "push" } },
    { path: "/otlp/v1/logs", is: { POST: "push" } },
    { path: "/loki/api/v1/query_range?query=%7B%7D", is: asked },
    { path: "/loki/api/v1/label/namespace/values", is: { GET: "read" } },
    { path: "/loki/api/v1/tail", is: { GET: "read" } },
    { path: "/loki/api/v1/rules", is: { GET: "rules-read" } },
    {
      path: "/loki/api/v1/rules/fleetglass-core/lines",
      is: { GET: "rules-read", POST: "rules-write", DELETE: "rules-write" },
    },
    { path: "/loki/api/v1/delete", is: nothing },
    { path: "/flush", is: nothing },
    { path: "/ring", is: nothing },
    { path: "/config", is: nothing },
  ],
  tempo: [
    { path: "/v1/traces", is: { POST: "push" } },
    { path: "/api/traces/0af7651916cd43dd8448eb211c80319c", is: { GET: "read" } },
    { path: "/api/v2/search/tag/resource.cluster/values", is: { GET: "read" } },
    { path: "/api/search?q=%7B%7D", is: { GET: "read" } },
    { path: "/api/overrides", is: nothing },
    { path: "/status/config", is: nothing },
    { path: "/distributor/ring", is: nothing },
  ],
} as const satisfies Record<string, readonly Sample[]>;

interface Somebody {
  readonly user: string;
  readonly authorization?: string;
  /** 401 whatever is asked, or what may be done to which tenants. */
  readonly may: 401 | { readonly operations: readonly Operation[]; readonly tenants: readonly string[] };
}

const agents = tenants.map((tenant): Somebody => ({
  user: `agent-${tenant}-uaenorth.a`,
  may: { operations: ["push"], tenants: [tenant] },
}));
const people: readonly Somebody[] = [
  ...agents,
  // During a rotation.
  { user: "agent-dev-uaenorth.b", may: { operations: ["push"], tenants: ["dev"] } },
  ...tenants.map((tenant): Somebody => ({
    user: `reader-${tenant}.a`,
    may: { operations: ["read"], tenants: [tenant] },
  })),
  {
    user: "grafana.a",
    may: { operations: ["read", "rules-read", "silence"], tenants: [...tenants, "dev|stg|prd|ops", "prd|dev"] },
  },
  { user: "prometheus.a", may: { operations: ["read"], tenants: [...tenants, "dev|stg|prd|ops", "prd|dev"] } },
  { user: "publisher.a", may: { operations: ["rules-read", "rules-write", "alertmanager-config"], tenants } },
  { user: "nobody", authorization: "", may: 401 },
];

/** What a header may say; the first is none. */
const headers = ["", ...tenants, "dev|stg|prd|ops", "prd|dev", "dev|prd|", "DEV", "dev,prd", "dev|push dev", "unknown"];

describeWithNginx("the door before", () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const seen: { tenant: string | undefined; authorization: string | undefined }[] = [];
  let backend: Server;

  beforeAll(async () => {
    backend = createServer((incoming, outgoing) => {
      seen.push({
        tenant: incoming.headers["x-scope-orgid"] as string | undefined,
        authorization: incoming.headers.authorization,
      });
      incoming.resume();
      outgoing.end(incoming.headers["x-scope-orgid"] ?? "");
    }).listen(0, "127.0.0.1");
    await once(backend, "listening");
  });

  afterAll(() => {
    agent.destroy();
    backend.closeAllConnections();
    backend.close();
  });

  /** Not fetch: it would tidy paths up before they are sent. */
  function ask(url: string, method: string, path: string, given: Record<string, string | string[]>): Promise<Answer> {
    const { hostname, port } = new URL(url);
    return new Promise((resolve, reject) => {
      const sent = request({ agent, hostname, port, method, path, headers: given }, (answer) => {
        let body = "";
        answer.on("data", (part: Buffer) => (body += part.toString()));
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body }));
      });
      sent.on("error", reject).end();
    });
  }

  interface Answer {
    readonly status: number;
    readonly body: string;
  }

  describe.each(["mimir", "loki", "tempo"] as const)("%s", (door) => {
    const doors = new Map<Fleet, Program>();

    beforeAll(async () => {
      const { port } = backend.address() as AddressInfo;
      doors.set(fleet, await startGateway(fleet, door, `http://127.0.0.1:${port}`));
    });

    afterAll(() => doors.get(fleet)?.stop());

    test.each(people)("$user does what it may, and nothing else", async ({ user, authorization, may }) => {
      const url = doors.get(fleet)?.url ?? "";
      const cases = samples[door].flatMap(({ path, is }: Sample) =>
        methods.flatMap((method) => headers.map((tenant) => ({ path, method, tenant, operation: is[method] }))),
      );
      const wrong = await Promise.all(
        cases.map(async ({ path, method, tenant, operation }) => {
          const given = {
            ...(authorization === "" ? {} : { authorization: basic(user) }),
            ...(tenant !== "" && { "x-scope-orgid": tenant }),
          };
          const { status, body } = await ask(url, method, path, given);
          const allowed =
            may !== 401 &&
            operation !== undefined &&
            may.operations.includes(operation) &&
            may.tenants.includes(tenant) &&
            // Several at once are only for questions.
            (!tenant.includes("|") || operation === "read");
          const expected = may === 401 ? 401 : allowed ? 200 : 403;
          const right = status === expected && (status !== 200 || body === tenant);
          return right ? [] : [`${method} ${path} as ${tenant}: ${status} ${body}, expected ${expected}`];
        }),
      );
      expect(wrong.flat()).toEqual([]);
    });

    test("neither a wrong password nor somebody else's opens it", async () => {
      const url = doors.get(fleet)?.url ?? "";
      const { path, is } = samples[door][0];
      const method = Object.keys(is)[0] ?? "";
      const status = async (authorization: string): Promise<number> =>
        (await ask(url, method, path, { authorization, "x-scope-orgid": "dev" })).status;
      expect(await status(basic("agent-dev-uaenorth.a"))).toBe(200);
      expect(await status(basic("agent-dev-uaenorth.a", "wrong"))).toBe(401);
      expect(await status(basic("agent-dev-uaenorth.a", "agent-stg-uaenorth.a-secret"))).toBe(401);
      expect(await status(basic("AGENT-DEV-UAENORTH.a"))).toBe(401);
      expect(await status(basic("agent-dev-uaenorth"))).toBe(403);
      expect(await status("Bearer of-something-else")).toBe(401);
    });

    test("the backend gets one tenant, the one that was judged, and no password", async () => {
      const url = doors.get(fleet)?.url ?? "";
      const { path, is } = samples[door][0];
      const method = Object.keys(is)[0] ?? "";
      seen.length = 0;
      const given = { authorization: basic("agent-dev-uaenorth.a"), "x-scope-orgid": ["dev", "prd"] };
      const { status } = await ask(url, method, path, given);
      // nginx before 1.23 judges the first of two, later ones both together.
      expect([200, 403]).toContain(status);
      expect(seen).toEqual(status === 200 ? [{ tenant: "dev", authorization: undefined }] : []);
    });
  });
});
