import { previewInGrafana } from "../../src/cli/preview-grafana.ts";
import { fleetglass } from "../support/cli.ts";
import { type Grafana, startGrafana } from "../support/grafana.ts";

let grafana: Grafana;
let environment: Readonly<Record<string, string>>;
beforeAll(async () => {
  grafana = await startGrafana({ version: "10.4.3" });
  environment = { GRAFANA_URL: grafana.url, GRAFANA_TOKEN: grafana.token };
});
afterAll(() => grafana.stop());

async function titles(type: "dash-db" | "dash-folder"): Promise<string[]> {
  const headers = { Authorization: `Bearer ${grafana.token}` };
  const path = type === "dash-folder" ? "/api/folders?limit=1000&page=1" : "/api/search?type=dash-db&limit=1000&page=1";
  const found = (await (await fetch(`${grafana.url}${path}`, { headers })).json()) as { uid: string; title: string }[];
  return found.map(({ uid }) => uid).toSorted();
}

test("boards stand beside the published ones, lead to each other, and are gone afterwards", async () => {
  const fleet = ["--fleet", "test/fleets/small.yaml"];
  expect((await fleetglass(["publish", "--to", "live", ...fleet], environment)).code).toBe(0);
  const before = { boards: await titles("dash-db"), folders: await titles("dash-folder") };

  let during: string[] = [];
  let link = "";
  const told: string[] = [];
  const looked = async (): Promise<void> => {
    while (!told.some((line) => line.includes("Ctrl-C"))) await new Promise((resolve) => setTimeout(resolve, 20));
    during = await titles("dash-db");
    const headers = { Authorization: `Bearer ${grafana.token}` };
    const board = await fetch(`${grafana.url}/api/dashboards/uid/preview-multi-cluster-overview`, { headers });
    link = /\/d\/[\w-]*cluster\?/u.exec(await board.text())?.[0] ?? "";
  };
  const printed: string[] = [];
  const code = await previewInGrafana(
    { fleet: "test/fleets/small.yaml" },
    { print: (text) => printed.push(text), tell: (text) => told.push(text), environment },
    looked(),
  );
  expect(code).toBe(0);
  expect(during).toEqual([...before.boards, ...before.boards.map((uid) => `preview-${uid}`.slice(0, 40))].toSorted());
  expect(link).toBe("/d/preview-cluster?");
  expect(printed.join("\n")).toContain(`${grafana.url}/d/preview-multi-cluster-overview`);
  expect({ boards: await titles("dash-db"), folders: await titles("dash-folder") }).toEqual(before);
}, 60_000);

test("without an address it says what it needs", async () => {
  const { code, errors } = await fleetglass(["preview", "--grafana"], {});
  expect(errors).toContain("--grafana needs GRAFANA_URL");
  expect(code).toBe(64);
});
