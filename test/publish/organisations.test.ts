import { createServer, request } from "node:http";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { liveGrafanas } from "../../src/cli/servers.ts";
import { fleetglass } from "../support/cli.ts";
import { type Grafana, startGrafana } from "../support/grafana.ts";

const fleet = `name: shop
environments: [{ name: dev, organisation: 7 }, { name: prd }]
clusters:
  - { name: dev-1, environment: dev, region: eu }
  - { name: prd-1, environment: prd, region: eu }
backends:
  - { kind: mimir, url: "http://mimir/prometheus" }
  - { kind: loki, url: "http://loki" }
`;

const folder = mkdtempSync(join(tmpdir(), "fleetglass-organisations-"));
const file = join(folder, "fleet.yaml");
writeFileSync(file, fleet);
afterAll(() => rmSync(folder, { recursive: true }));

/** One Grafana of two organisations, each with its own token: a stand-in for each, and the header says which. */
async function twoOrganisations(): Promise<{
  readonly url: string;
  readonly first: Grafana;
  readonly seventh: Grafana;
  readonly stop: () => Promise<void>;
}> {
  const first = await startGrafana({ token: "first" });
  const seventh = await startGrafana({ token: "seventh" });
  const server = createServer((incoming, outgoing) => {
    const { method, headers, url = "/" } = incoming;
    const to = headers["x-grafana-org-id"] === "7" ? seventh : first;
    const through = request(to.url + url, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(through);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    first,
    seventh,
    async stop() {
      server.close();
      server.closeAllConnections();
      await first.stop();
      await seventh.stop();
    },
  };
}

test("an environment's boards, and what they read, go into its own organisation, in one plan", async () => {
  const { url, first, seventh, stop } = await twoOrganisations();
  try {
    const environment = { GRAFANA_URL: url, GRAFANA_TOKEN: "first", GRAFANA_TOKEN_7: "seventh" };
    const run = (...argv: string[]) => fleetglass([...argv, "--fleet", file], environment);
    expect(await run("publish", "--to", "live")).toMatchObject({
      code: 0,
      out: expect.stringContaining(`Grafana ${url}, organisation 7`) as string,
    });
    const written = (grafana: Grafana): string[] =>
      grafana.writes().map(({ body }) => {
        const { uid, dashboard } = body as { readonly uid?: string; readonly dashboard?: { readonly uid: string } };
        return uid ?? dashboard?.uid ?? "";
      });
    const inSeventh = written(seventh);
    expect(inSeventh).toEqual(
      expect.arrayContaining(["fleetglass_shop_dev", "shop-mimir-dev", "shop-loki-dev", "dev-multi-cluster-overview"]),
    );
    expect(inSeventh.filter((uid) => !/^(?:dev-.*|.*[-_]dev)$/u.test(uid))).toEqual([]);
    const inFirst = written(first);
    expect(inFirst).toEqual(
      expect.arrayContaining(["fleetglass_shop_sre", "shop-mimir-all", "shop-mimir-prd", "prd-multi-cluster-overview"]),
    );
    expect(inFirst.filter((uid) => inSeventh.includes(uid))).toEqual([]);
    expect(await run("plan", "--to", "live")).toMatchObject({ code: 0 });
    expect([...first.violations, ...seventh.violations]).toEqual([]);
  } finally {
    await stop();
  }
}, 60_000);

test("provisioning files say whose each is, and another organisation has nothing of the first to lie in", async () => {
  const { out } = await fleetglass(["bundle", "--fleet", file]);
  const { resources } = JSON.parse(out) as {
    readonly resources: readonly {
      readonly kind: string;
      readonly id: string;
      readonly at: { organisation?: number };
    }[];
  };
  const at = (id: string): (number | undefined)[] =>
    resources.flatMap((one) => (one.id === id ? [one.at.organisation] : []));
  expect(["fleetglass_shop_dev", "shop-mimir-dev", "shop-mimir-all", "multi-cluster-overview"].map(at)).toEqual([
    [7],
    [7],
    [1],
    [1],
  ]);
  const homeless = join(folder, "homeless.yaml");
  writeFileSync(
    homeless,
    `${fleet}manage: [dashboards, datasources]\ngrafanas: [{ url: "http://g", parentFolder: p }]\n`,
  );
  expect(await fleetglass(["lint", "--fleet", homeless])).toMatchObject({
    code: 1,
    errors: expect.stringMatching(/environments\[0\]\.organisation: .*manage both/u) as string,
  });
});

test("a user is told to be in the first organisation, and a token of it is not", () => {
  const homes = [{ organisation: 1 }];
  const headers = (environment: Record<string, string>) =>
    liveGrafanas(homes, { GRAFANA_URL: "http://grafana", ...environment })[0]?.server.headers;
  expect(headers({ GRAFANA_USER: "me", GRAFANA_PASSWORD: "x" })).toMatchObject({ "X-Grafana-Org-Id": "1" });
  expect(headers({ GRAFANA_TOKEN: "glsa" })).toEqual({ Authorization: "Bearer glsa" });
});
