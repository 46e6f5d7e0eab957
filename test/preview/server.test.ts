import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request as ask, type IncomingHttpHeaders, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Generated } from "../../preview/bundle.ts";
import type { Generator } from "../../preview/server/generator.ts";
import { type Preview, servePreview } from "../../preview/server/server.ts";
import type { DataSource, Resource } from "../../src/bundle.ts";
import { testFleet } from "../support/fleets.ts";

interface Answer {
  readonly status: number;
  readonly body: string;
}

const common = { at: { system: "grafana", organisation: 1 }, origin: "test", needs: [] } as const;

function source(uid: string, spec: Pick<DataSource, "name" | "jsonData" | "secureJsonData">): Resource {
  return {
    ...common,
    kind: "datasource",
    id: uid,
    spec: { uid, type: "prometheus", access: "proxy", url: "http://in-a-cluster", ...spec },
  };
}

const fleet = testFleet("small");

const generated: Generated = {
  project: "test",
  fleet,
  findings: [],
  resources: [
    source("mimir-dev", {
      name: "Mimir-Dev",
      jsonData: { httpHeaderName1: "X-Scope-OrgID", timeInterval: "30s" },
      secureJsonData: { httpHeaderValue1: "dev" },
    }),
    source("local", { name: "Prometheus", jsonData: {} }),
    { ...common, kind: "folder", id: "f", spec: { uid: "f", title: "Fleet SRE", slug: "sre" } },
    {
      ...common,
      kind: "dashboard",
      id: "board",
      spec: {
        folder: "f",
        dashboard: { title: "A board", tags: ["a"], schemaVersion: 42, templating: {}, annotations: {} },
      },
    },
    {
      kind: "rule-group",
      at: { system: "mimir", tenant: "dev", namespace: "ours" },
      id: "g",
      origin: "test",
      needs: [],
      spec: { name: "g", interval: "1m", rules: [] },
    },
  ],
};

describe("the preview's server", () => {
  const folder = mkdtempSync(join(tmpdir(), "fleetglass-preview-"));
  const asked: { readonly url: string; readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
  let upstream: Server;
  let edited: () => void = () => undefined;
  let read: () => Generated = () => generated;
  const generator: Generator = {
    read: async () => read(),
    watch: (changed) => {
      edited = changed;
      return () => undefined;
    },
  };
  let preview: Preview;

  beforeAll(async () => {
    upstream = createServer((request, response) => {
      void text(request).then((body) => {
        asked.push({ url: request.url ?? "", headers: request.headers, body });
        response.writeHead(request.url?.includes("redirect") === true ? 302 : 200, { Location: "http://127.0.0.1:1/" });
        response.end('{"status":"success"}');
      });
    }).listen(0, "127.0.0.1");
    await once(upstream, "listening");
    const address = upstream.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const write = (path: string, content: string): void => {
      mkdirSync(join(folder, path, ".."), { recursive: true });
      writeFileSync(join(folder, path), content);
    };
    write("secret", "not to be served");
    write("page/index.html", "the page");
    write("page/assets/app.js", "the script");
    preview = await servePreview({
      generator,
      page: join(folder, "page"),
      port: 0,
      backends: {
        prometheus: { url: `http://127.0.0.1:${port}/prometheus`, headers: { Authorization: "Bearer ours" } },
      },
    });
  });

  afterAll(async () => {
    await preview.close();
    upstream.closeAllConnections();
    upstream.close();
    rmSync(folder, { recursive: true });
  });

  beforeEach(() => void asked.splice(0));

  // Not fetch: it takes "../" out of addresses, and sets Host itself.
  async function get(
    path: string,
    options: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string } = {},
  ): Promise<Answer> {
    const { port } = new URL(preview.url);
    const { method = "GET", headers = {}, body } = options;
    const request = ask({ host: "127.0.0.1", port, path, method, headers });
    request.end(body);
    const [response] = await once(request, "response");
    return { status: response.statusCode, body: await text(response) };
  }

  test("asks as the data source, with its tenant and our credentials", async () => {
    const form = { "Content-Type": "application/x-www-form-urlencoded" };
    const answer = await get("/proxy/mimir-dev/api/v1/query", { method: "POST", headers: form, body: "query=up" });
    expect(answer).toEqual({ status: 200, body: '{"status":"success"}' });
    expect(asked).toMatchObject([
      {
        url: "/prometheus/api/v1/query",
        headers: { "x-scope-orgid": "dev", authorization: "Bearer ours" },
        body: "query=up",
      },
    ]);
  });

  test("tells the page what there is, and no tenant", async () => {
    const { body } = await get("/bundle.json");
    expect(JSON.parse(body)).toEqual({
      project: "test",
      fleet: expect.objectContaining({ name: fleet.name }),
      findings: [],
      boards: [expect.objectContaining({ uid: "board", title: "A board", folder: "Fleet SRE", tags: ["a"] })],
      sources: [
        expect.objectContaining({ uid: "mimir-dev", name: "Mimir-Dev", tenants: ["dev"], live: true, interval: "30s" }),
        expect.objectContaining({ uid: "local", name: "Prometheus", tenants: [], live: false }),
      ],
      rules: [expect.objectContaining({ tenant: "dev", source: "mimir-dev", resource: "rule-group/mimir/dev/ours/g" })],
      data: { kind: "live" },
      problems: [],
    });
    expect(body).not.toContain('X-Scope-OrgID":');
  });

  test("an edit is shown at once; one that has a mistake leaves what was shown, and says why", async () => {
    const stream = await fetch(`${preview.url}/changes`);
    const events = stream.body?.getReader();
    await events?.read();
    const next = async (change: () => Generated): Promise<{ readonly title: string; readonly problems: unknown }> => {
      read = change;
      edited();
      expect(new TextDecoder().decode((await events?.read())?.value)).toContain("event: bundle");
      const { boards, problems } = JSON.parse((await get("/bundle.json")).body);
      return { title: boards[0].title, problems };
    };
    const other = JSON.parse(JSON.stringify(generated).replace("A board", "Another")) as Generated;
    expect(await next(() => other)).toEqual({ title: "Another", problems: [] });
    const broken = (): Generated => {
      throw new Error("fleet.yaml:3:1: unknown key");
    };
    expect(await next(broken)).toEqual({ title: "Another", problems: ["fleet.yaml:3:1: unknown key"] });
    expect(await next(() => generated)).toEqual({ title: "A board", problems: [] });
    await events?.cancel();
  });

  test.each([
    { path: "/", body: "the page" },
    { path: "/d/board?from=now-1h", body: "the page" },
    { path: "/assets/app.js", body: "the script" },
  ])("serves $path", async ({ path, body }) => {
    expect(await get(path)).toEqual({ status: 200, body });
  });

  test.each([
    { what: "a host of another name", path: "/bundle.json", headers: { Host: "evil.example" }, status: 421 },
    { what: "another origin", path: "/bundle.json", headers: { Origin: "http://evil.example" }, status: 403 },
    { what: "a file beside the page", path: "/../secret.txt", status: 404 },
    { what: "an encoded way there", path: "/%2e%2e/secret.txt", status: 404 },
    { what: "POST of a page", path: "/", method: "POST", status: 405 },
    { what: "a data source that is not provisioned", path: "/proxy/mimir-prd/api/v1/query", status: 404 },
    { what: "a data source without a tenant", path: "/proxy/local/api/v1/query", status: 503 },
    {
      what: "a tenant of the asker's own",
      path: "/proxy/mimir-dev/api/v1/query",
      headers: { "X-Scope-OrgID": "prd" },
      status: 403,
    },
    { what: "writing", path: "/proxy/mimir-dev/api/v1/push", method: "POST", status: 403 },
  ])("refuses $what, and asks nobody", async ({ path, method = "GET", headers = {}, status }) => {
    const answer = await get(path, { method, headers });
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ status: "error", error: expect.any(String) });
    expect(asked).toEqual([]);
  });

  test("follows no redirect: the tenant's header would go along", async () => {
    const answer = await get("/proxy/mimir-dev/api/v1/query?redirect");
    expect(answer.status).toBe(502);
    expect(asked).toHaveLength(1);
  });

  test("takes no endless form", async () => {
    const form = { "Content-Type": "application/x-www-form-urlencoded" };
    const body = `query=${"x".repeat(300_000)}`;
    expect(await get("/proxy/mimir-dev/api/v1/query", { method: "POST", headers: form, body })).toMatchObject({
      status: 502,
    });
    expect(asked).toEqual([]);
  });
});
