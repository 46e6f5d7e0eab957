import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { stringify } from "yaml";
import { samplerConfig, samplerName } from "../../src/infra/collector.ts";
import { agentName } from "../../src/infra/place.ts";
import { tool, lacking } from "../../src/servers/tools.ts";
import { describeUnless } from "../support/needs.ts";
import { basic, nginx, startGateway } from "../support/nginx.ts";
import { smallOwnFleet } from "../support/own-fleets.ts";
import { type Program, startProgram } from "../support/program.ts";
import { eventually } from "../support/query.ts";

const small = smallOwnFleet();
const fleet = {
  ...small,
  infrastructure: { ...small.infrastructure, traceSampling: { percent: 0, slow: "1s" } },
};

const lacks =
  lacking("otelcol") ?? (nginx() === undefined ? "no nginx: install it (apt-get install nginx-light)" : undefined);

interface Span {
  readonly trace: string;
  readonly seconds?: number;
  readonly error?: true;
}

describeUnless(lacks, "samplers behind Tempo's door", () => {
  /** What comes to each tenant of a Tempo: trace ids, one for each span. */
  const kept = new Map<string, string[]>();
  const programs: Program[] = [];
  let tempo: Server;
  let door: Program;

  beforeAll(async () => {
    tempo = createServer((request, answer) => {
      void (async () => {
        const parts: Buffer[] = [];
        for await (const part of request) parts.push(part as Buffer);
        const whole = Buffer.concat(parts);
        const body = request.headers["content-encoding"] === "gzip" ? gunzipSync(whole) : whole;
        const tenant = String(request.headers["x-scope-orgid"]);
        kept.set(tenant, [...(kept.get(tenant) ?? []), ...traceIds(body)]);
        answer.setHeader("Content-Type", "application/x-protobuf");
        answer.end();
      })();
    }).listen(0, "127.0.0.1");
    await once(tempo, "listening");
    const backend = `http://127.0.0.1:${(tempo.address() as AddressInfo).port}`;
    const otelcol = await tool("otelcol");
    const samplers: Record<string, string> = {};
    for (const [at, id] of ["dev", "prd"].entries()) {
      const tenant = fleet.tenants.find((one) => one.id === id);
      if (!tenant) throw new Error(`the fleet has a tenant ${id}`);
      // Two of them, as in the cluster: peers find each other by addresses of loopback instead of a name.
      const peers = [0, 1].map((replica) => ({ host: `127.0.${90 + at}.${replica + 1}`, replica }));
      const hosts = peers.map(({ host }) => `${host}:4317`);
      const started = await Promise.all(
        peers.map(({ host }) =>
          startProgram({
            name: "otelcol",
            ready: "/",
            files: ({ folder, port }) => ({
              "config.yaml": stringify(withPeers(samplerConfig(fleet, tenant, "tempo"), hosts))
                .replace("http://tempo-distributor.tempo.svc.cluster.local:4318", backend)
                .replace("decision_wait: 30s", "decision_wait: 2s")
                .replaceAll("/var/lib/otelcol", `${folder}/queue`)
                .replace("0.0.0.0:13133", `127.0.0.1:${port}`)
                .replaceAll("0.0.0.0:", `${host}:`)
                .replace("port: 8888", "port: 0"),
            }),
            command: ({ folder }) => [otelcol, "--config", `${folder}/config.yaml`],
          }),
        ),
      );
      programs.push(...started);
      samplers[id] = `${peers[0]?.host}:4318`;
    }
    door = await startGateway(fleet, "tempo", backend, { samplers });
  }, 15 * 60_000);

  afterAll(async () => {
    await Promise.all([...programs, door].map((program) => program?.stop()));
    tempo?.close();
  });

  /** Half of a trace, from one of the clusters it crosses. */
  async function push(tenant: string, spans: readonly Span[], by = tenant): Promise<number> {
    const cluster = fleet.clusters.find((one) => one.tenant === by);
    if (!cluster) throw new Error(`${by} has a cluster`);
    const now = BigInt(Date.now()) * 1_000_000n;
    const { status } = await fetch(`${door.url}/v1/traces`, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        authorization: basic(`${agentName(cluster)}.a`),
        "X-Scope-OrgID": tenant,
      },
      body: JSON.stringify({
        resourceSpans: [
          {
            scopeSpans: [
              {
                spans: spans.map(({ trace, seconds = 0.01, error }, at) => ({
                  traceId: trace,
                  spanId: `${trace.slice(0, 14)}${at}${Math.floor(Math.random() * 10)}`,
                  name: "GET /",
                  kind: 2,
                  startTimeUnixNano: String(now),
                  endTimeUnixNano: String(now + BigInt(Math.round(seconds * 1e9))),
                  ...(error && { status: { code: 2 } }),
                })),
              },
            ],
          },
        ],
      }),
    });
    return status;
  }

  const id = (name: string): string => Buffer.from(name.padEnd(16, "-")).toString("hex").slice(0, 32);

  test("keep whole traces with an error or that are slow, of their own tenant, and no other", async () => {
    const quick = Array.from({ length: 20 }, (_, at) => id(`quick-${at}`));
    const wrong = Array.from({ length: 10 }, (_, at) => id(`wrong-${at}`));
    const slow = id("slow");
    // What one cluster sees of a trace is well and quick; what the other sees is not.
    for (const trace of [...quick, ...wrong, slow]) await push("prd", [{ trace }]);
    for (const trace of wrong) await push("prd", [{ trace, error: true }]);
    await push("prd", [{ trace: slow, seconds: 1.5 }]);
    expect(await push("dev", [{ trace: id("of-dev"), error: true }])).toBe(200);
    // The door judges before: nobody comes to another tenant's samplers, and a tenant without any is none.
    for (const other of ["prd", "Dev", "stg"]) {
      expect(await push(other, [{ trace: id("forged"), error: true }], "dev")).toBe(403);
    }
    await eventually(
      () => {
        const expected = [...wrong, ...wrong, slow, slow].toSorted();
        expect(kept.get("prd")?.toSorted()).toEqual(expected);
        expect(kept.get("dev")).toEqual([id("of-dev")]);
      },
      { within: 60_000, every: 200 },
    );
    expect([...kept.keys()].toSorted()).toEqual(["dev", "prd"]);
  }, 90_000);

  test("have names that Services may have", () => {
    expect(samplerName("Team_A")).toBe("otel-sampler-team-a");
  });
});

/** The addresses that a name would have. */
function withPeers(config: object, hostnames: readonly string[]): object {
  const text = JSON.stringify(config).replace(
    /"resolver":\{"dns":\{[^}]*\}\}/u,
    JSON.stringify({ resolver: { static: { hostnames } } }).slice(1, -1),
  );
  return JSON.parse(text) as object;
}

/** Field 1 of a span in OTLP's protobuf, which is 16 bytes long: nothing else there is so. */
function traceIds(body: Buffer): string[] {
  const found: string[] = [];
  for (let at = body.indexOf("0a10", 0, "hex"); at >= 0; at = body.indexOf("0a10", at + 18, "hex")) {
    found.push(body.subarray(at + 2, at + 18).toString("hex"));
  }
  return found;
}
