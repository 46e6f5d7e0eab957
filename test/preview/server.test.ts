import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request as ask, type IncomingHttpHeaders, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type Preview, servePreview } from "../../preview/server/server.ts";

interface Answer {
  readonly status: number;
  readonly body: string;
}

const provisioning = `
apiVersion: 1
datasources:
  - { uid: mimir-dev, name: Mimir-Dev, type: prometheus, jsonData: { httpHeaderName1: X-Scope-OrgID, timeInterval: 30s }, secureJsonData: { httpHeaderValue1: dev } }
  - { uid: local, name: Prometheus, type: prometheus }
`;

describe("the preview's server", () => {
  const folder = mkdtempSync(join(tmpdir(), "fleetglass-preview-"));
  const asked: { readonly url: string; readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
  let upstream: Server;
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
    write("out/grafana/dashboards/sre/board.json", JSON.stringify({ uid: "board", title: "A board", tags: ["a"] }));
    write("out/grafana/dashboards/sre/broken.json", "{");
    write("out/grafana/provisioning/datasources/all.yaml", provisioning);
    preview = await servePreview({
      out: join(folder, "out"),
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
      boards: [expect.objectContaining({ uid: "board", title: "A board", folder: "sre", tags: ["a"] })],
      sources: [
        { uid: "mimir-dev", name: "Mimir-Dev", type: "prometheus", isDefault: false, live: true, interval: "30s" },
        { uid: "local", name: "Prometheus", type: "prometheus", isDefault: false, live: false },
      ],
      problems: [expect.stringContaining("broken.json")],
    });
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
