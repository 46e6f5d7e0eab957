import { type Grafana, type GrafanaOptions, startGrafana } from "./grafana.ts";

let grafana: Grafana;

async function start(options?: GrafanaOptions): Promise<void> {
  grafana = await startGrafana(options);
}

/** Any method with a body; the answer as status and JSON. */
async function send(method: string, path: string, body?: unknown, authorization = `Bearer ${grafana.token}`) {
  const answer = await fetch(grafana.url + path, {
    method,
    headers: { authorization, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as unknown };
}

/** What planted provisioning, other versions and recorded violations tell cannot be told of a real Grafana. */
const standIn = process.env["GRAFANA_URL"] ? test.skip : test;
const prometheus = { name: "Mimir", type: "prometheus", access: "proxy", uid: "mimir", url: "http://mimir" } as const;

afterEach(() => grafana.stop());

standIn(
  "walks folder, data source and dashboard through their lives without a violation, in every version",
  async () => {
    for (const version of ["13.3.0", "13.0.0", "10.4.3"] as const) {
      await start({ version });
      await send("POST", "/api/folders", { uid: "fleet", title: "Fleet" });
      await send("POST", "/api/folders", { uid: "mimir", title: "Mimir", parentUid: "fleet" });
      await send("PUT", "/api/folders/mimir", { title: "Mimir!", version: 1 });
      await send("POST", "/api/datasources", { ...prometheus, secureJsonData: { httpHeaderValue1: "acme" } });
      await send("PUT", "/api/datasources/uid/mimir", { ...prometheus, isDefault: true, version: 1 });
      const dashboard = { uid: "writes", title: "Writes", tags: ["fleet"] };
      await send("POST", "/api/dashboards/db", { dashboard, folderUid: "mimir", message: "first" });
      await send("POST", "/api/dashboards/db", { dashboard: { ...dashboard, version: 1 }, folderUid: "mimir" });
      for (const path of ["/api/health", "/api/org", "/api/folders?parentUid=fleet", "/api/folders/mimir"])
        await send("GET", path);
      for (const path of ["/api/datasources", "/api/datasources/uid/mimir"]) await send("GET", path);
      const found = await send("GET", "/api/search?type=dash-db&tag=fleet&folderUIDs=mimir&limit=5000&page=1");
      expect(found.body).toMatchObject([{ uid: "writes", type: "dash-db", folderUid: "mimir" }]);
      const read = await send("GET", "/api/dashboards/uid/writes");
      expect(read.body).toMatchObject({ dashboard: { title: "Writes", version: 2 }, meta: { folderUid: "mimir" } });
      await send("DELETE", "/api/datasources/uid/mimir");
      await send("DELETE", "/api/folders/fleet");
      expect((await send("GET", "/api/dashboards/uid/writes")).status).toBe(404); // gone with the folder above its folder
      expect(grafana.requests.map(({ status }) => status)).toEqual([...Array<number>(17).fill(200), 404]);
      expect(grafana.violations).toEqual([]);
      await grafana.stop();
    }
  },
);

const version1 = { uid: "mimir", title: "Mimir" };
standIn.each([
  { what: "a taken folder uid", method: "POST", path: "/api/folders", body: version1, says: 412 },
  { what: "a stale folder", method: "PUT", path: "/api/folders/mimir", body: { title: "X", version: 7 }, says: 412 },
  { what: "a folder without version", method: "PUT", path: "/api/folders/mimir", body: { title: "X" }, says: 412 },
  { what: "a dashboard without version", path: "/api/dashboards/db", body: { dashboard: version1 }, says: 412 },
  {
    what: "a long uid",
    path: "/api/dashboards/db",
    body: { dashboard: { uid: "u".repeat(41), title: "T" } },
    says: 400,
  },
  { what: "a bad uid", path: "/api/dashboards/db", body: { dashboard: { uid: "a/b", title: "T" } }, says: 400 },
  { what: "no title", path: "/api/dashboards/db", body: { dashboard: { uid: "x" } }, says: 400 },
  {
    what: "an unknown folder",
    path: "/api/dashboards/db",
    body: { dashboard: { title: "T" }, folderUid: "no" },
    says: 400,
  },
  { what: "a taken name", path: "/api/datasources", body: { ...prometheus, uid: "other" }, says: 409 },
  { what: "a taken data source uid", path: "/api/datasources", body: { ...prometheus, name: "Other" }, says: 409 },
  { what: "a data source without access", path: "/api/datasources", body: { name: "N", type: "loki" }, says: 400 },
  { what: "too many hits", method: "GET", path: "/api/search?limit=5001", says: 422 },
])("refuses $what with $says, which is no violation", async ({ method = "POST", path, body, says }) => {
  await start();
  await grafana.seedFolder(version1);
  await grafana.seedDashboard({ dashboard: version1 });
  await grafana.seedDataSource(prometheus);
  expect((await send(method, path, body)).status).toBe(says);
  expect(grafana.requests).toHaveLength(1);
  expect(grafana.violations).toEqual([]);
});

standIn.each([
  { version: "10.4.3", status: 412, body: { status: "version-mismatch" } },
  { version: "13.0.0", status: 412, body: { status: "version-mismatch" } },
  { version: "13.3.0", status: 409, body: { message: "Dashboard already exists. Use overwrite flag to update." } },
] as const)("answers a stale dashboard as $version does", async ({ version, ...expected }) => {
  await start({ version });
  await grafana.seedDashboard({ dashboard: { uid: "a", title: "A" } });
  const stale = { dashboard: { uid: "a", title: "A", version: 9 } };
  expect(await send("POST", "/api/dashboards/db", stale)).toMatchObject(expected);
  expect(await send("POST", "/api/dashboards/db", { ...stale, overwrite: true })).toMatchObject({
    body: { version: 2 },
  });
  expect(grafana.violations).toEqual([]);
});

standIn("lets overwrite take another dashboard of the same title only where titles are unique", async () => {
  const command = { dashboard: { uid: "ours", title: "Same" } };
  await start({ version: "10.4.3" });
  await grafana.seedDashboard({ dashboard: { uid: "theirs", title: "Same" } });
  expect(await send("POST", "/api/dashboards/db", command)).toMatchObject({
    status: 412,
    body: { status: "name-exists" },
  });
  expect(await send("POST", "/api/dashboards/db", { ...command, overwrite: true })).toMatchObject({
    body: { uid: "theirs" },
  });
  await grafana.stop();
  await start();
  await grafana.seedDashboard({ dashboard: { uid: "theirs", title: "Same" } });
  expect(await send("POST", "/api/dashboards/db", command)).toMatchObject({ body: { uid: "ours", version: 1 } });
});

test("keeps secrets to itself and over an update", async () => {
  await start();
  await send("POST", "/api/datasources", { ...prometheus, secureJsonData: { a: "s3cret", b: "s3cret" } });
  const updated = await send("PUT", "/api/datasources/uid/mimir", {
    ...prometheus,
    secureJsonData: { b: "" },
    version: 1,
  });
  expect(updated.body).toMatchObject({ datasource: { secureJsonFields: { a: true }, version: 2, isDefault: false } });
  expect(JSON.stringify(updated.body)).not.toContain("s3cret");
  expect((await send("PUT", "/api/datasources/uid/mimir", { ...prometheus, version: 1 })).status).toBe(409);
  await send("DELETE", "/api/datasources/uid/mimir");
  expect(grafana.violations).toEqual([]);
});

standIn("refuses to touch what was provisioned", async () => {
  await start();
  await grafana.seedDataSource(prometheus, { readOnly: true });
  await grafana.seedDashboard({ dashboard: { uid: "a", title: "A" } }, { provisioned: true });
  const overwrite = { dashboard: { uid: "a", title: "A" }, overwrite: true };
  expect((await send("PUT", "/api/datasources/uid/mimir", { ...prometheus, version: 1 })).status).toBe(403);
  expect((await send("DELETE", "/api/datasources/uid/mimir")).status).toBe(403);
  expect((await send("POST", "/api/dashboards/db", overwrite)).status).toBe(400);
  expect(grafana.writes()).toHaveLength(3);
});

standIn("asks for a login, except for its health", async () => {
  await start({ basic: { user: "admin", password: "right" } });
  expect((await send("GET", "/api/health", undefined, "")).status).toBe(200);
  expect(await send("GET", "/api/org", undefined, "Bearer wrong")).toMatchObject({
    status: 401,
    body: { message: "Invalid API key", messageId: "api-key.invalid" },
  });
  expect((await send("GET", "/api/org", undefined, `Basic ${btoa("admin:wrong")}`)).status).toBe(401);
  expect((await send("GET", "/api/org", undefined, `Basic ${btoa("admin:right")}`)).status).toBe(200);
  expect(grafana.violations).toEqual([]);
});

standIn("answers what it was told to, once", async () => {
  await start();
  grafana.failNext({ status: 502, body: "<html>", contentType: "text/html", match: ({ path }) => path === "/api/org" });
  expect((await send("GET", "/api/folders")).status).toBe(200);
  const answer = await fetch(`${grafana.url}/api/org`);
  expect([answer.status, answer.headers.get("content-type"), await answer.text()]).toEqual([
    502,
    "text/html",
    "<html>",
  ]);
  expect((await send("GET", "/api/org")).status).toBe(200);
});

standIn.each([
  { what: "a key that Grafana drops", path: "/api/folders", body: { title: "T", folderUid: "x" }, status: 200 },
  { what: "a value of the wrong type", path: "/api/dashboards/db", body: { dashboard: { title: 1 } }, status: 400 },
  { what: "a missing body", path: "/api/datasources", body: undefined, status: 400 },
  { what: "an endpoint that is not there", path: "/api/dashboards", body: {}, status: 404 },
])("reports $what as a violation", async ({ path, body, status }) => {
  await start();
  expect((await send("POST", path, body)).status).toBe(status);
  expect(grafana.violations.filter((violation) => !violation.includes("OpenAPI"))).not.toEqual([]);
});

const published = process.env["FLEETGLASS_TEST_DATA"] === undefined ? test.skip : standIn;
published("checks against Grafana's own document too", async () => {
  await start();
  await send("POST", "/api/folders", { title: "T", folderUid: "x" });
  expect(grafana.violations).toContainEqual(expect.stringContaining("OpenAPI: must NOT have additional properties"));
});

standIn("does not start in CI without Grafana's documents", async () => {
  await start();
  const { CI, FLEETGLASS_TEST_DATA } = process.env;
  try {
    process.env["CI"] = "true";
    delete process.env["FLEETGLASS_TEST_DATA"];
    await expect(startGrafana()).rejects.toThrow("FLEETGLASS_TEST_DATA");
  } finally {
    if (CI === undefined) delete process.env["CI"];
    else process.env["CI"] = CI;
    if (FLEETGLASS_TEST_DATA !== undefined) process.env["FLEETGLASS_TEST_DATA"] = FLEETGLASS_TEST_DATA;
  }
});
