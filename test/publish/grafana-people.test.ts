import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fleetglass } from "../support/cli.ts";
import { type Grafana, startGrafana } from "../support/grafana.ts";

/** A fleet whose folders are opened to teams, and of its boards only one: the point is who may look, and where. */
const project = (teams: string, manage = "folders, permissions"): string => `
  import { defineFleet, defineProject, neutral, promql, row, stat } from "fleetglass";
  const fleet = defineFleet({
    name: "people",
    environments: [{ name: "dev" }, { name: "prd" }],
    clusters: [
      { name: "dev-1", environment: "dev", region: "r1" },
      { name: "prd-1", environment: "prd", region: "r1" },
    ],
    manage: ${JSON.stringify(manage.split(", "))} as never,
    ${teams}
  });
  const board = { uid: "one", title: "One", description: "Is one one?", tags: [], rows: () => [row("Now", [stat({
    title: "One", description: "Is one one?", thresholds: neutral("it is one"),
    queries: [promql({ unit: "none", labels: [] })\`vector(1)\`],
  })])] };
  export default { ...defineProject({ fleet, checks: { M08: "off" } }), alerts: [], recording: [], dashboards: [board] };`;
const teams = 'teams: [{ name: "Core", role: "editor" }, { name: "Shop", environments: ["dev"] }],';
let written = 0;

/** In a file of its own: within a process a module is loaded once. */
async function config(folder: string, text: string): Promise<string> {
  written += 1;
  const path = join(folder, `${written}.config.ts`);
  await writeFile(path, text);
  return path;
}

test("a folder below one that others may see can't be closed to them", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fleetglass-below-"));
  const grafana = await startGrafana();
  try {
    await grafana.seedFolder({ uid: "top", title: "Top" });
    const fleet = await config(
      folder,
      project(`${teams} grafanas: [{ url: "https://grafana.example", parentFolder: "top" }],`),
    );
    const environment = { GRAFANA_URL: grafana.url, GRAFANA_TOKEN: grafana.token };
    const publish = () => fleetglass(["publish", "--to", "live", "--fleet", fleet], environment);
    const refused = await publish();
    expect(refused.out).toContain("lies in the folder top, which is open to Editor, Viewer");
    expect(refused.code).toBe(1);
    await grafana.closeFolder("top");
    expect(await publish()).toMatchObject({ code: 0, errors: "" });
    expect(grafana.violations).toEqual([]);
  } finally {
    await grafana.stop();
    await rm(folder, { recursive: true });
  }
});

describe.each(["10.4.3", "13.0.0"] as const)("who may look, in Grafana %s", (version) => {
  let folder: string;
  let grafana: Grafana;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fleetglass-people-"));
    grafana = await startGrafana({ version });
  });
  afterAll(async () => {
    await grafana.stop();
    await rm(folder, { recursive: true });
  });
  const run = async (text: string, ...argv: readonly string[]) =>
    fleetglass([...argv, "--fleet", await config(folder, text)], {
      GRAFANA_URL: grafana.url,
      GRAFANA_TOKEN: grafana.token,
    });
  const publish = (text: string, ...argv: readonly string[]) => run(text, "publish", "--to", "live", ...argv);
  const headers = (): Record<string, string> => ({
    Authorization: `Bearer ${grafana.token}`,
    "content-type": "application/json",
  });
  const api = async (path: string, body?: unknown): Promise<unknown> => {
    const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const answer = await fetch(`${grafana.url}/api/${path}`, { ...init, headers: headers() });
    expect(answer.status).toBe(200);
    return answer.json();
  };
  const opened = async (view: string): Promise<string[]> => {
    const found = (await api(`folders/fleetglass_people_${view}/permissions`)) as {
      role?: string;
      team?: string;
      userId?: number;
      permissionName: string;
    }[];
    return found.map((one) => `${one.team || one.role || `user ${one.userId}`}: ${one.permissionName}`).toSorted();
  };

  test("teams see their folders and nobody else does; again there is nothing to do", async () => {
    await api("teams", { name: "Core" });
    // Before, every folder is open to everybody; an undone run opens it again.
    const state = join(folder, "closing");
    expect((await publish(project(teams, "folders"))).code).toBe(0);
    const plan = await run(project(teams), "plan", "--to", "live");
    expect(plan.out).toContain("- [Viewer]");
    expect((await publish(project(teams), "--state", state)).code).toBe(0);
    expect(await run(project(teams), "rollback", "--state", state)).toMatchObject({ errors: "", code: 0 });
    expect(await opened("prd")).toEqual(["Editor: Edit", "Viewer: View"]);
    const first = await publish(project(teams));
    expect(first.errors).toBe("");
    expect(first.out).not.toContain("team       Core");
    expect({ sre: await opened("sre"), dev: await opened("dev"), prd: await opened("prd") }).toEqual({
      sre: ["Core: Edit"],
      dev: ["Core: Edit", "Shop: View"],
      prd: ["Core: Edit"],
    });
    const writes = grafana.writes().length;
    const second = await publish(project(teams));
    expect(second.out).toContain("No changes.");
    expect(grafana.writes()).toHaveLength(writes);
    expect(grafana.violations).toEqual([]);
  });

  test("whom somebody let in by hand stays; a fleet's team that was let in does not; and back again", async () => {
    const path = "folders/fleetglass_people_prd/permissions";
    const shop = (await api("teams/search")) as { teams: { id: number; name: string }[] };
    const teamId = shop.teams.find(({ name }) => name === "Shop")?.id;
    await api(path, {
      items: [
        { userId: 7, permission: 4 },
        { teamId, permission: 2 },
      ],
    });
    const plan = await run(project(teams), "plan", "--to", "live");
    expect(plan.out).toContain("~ permissions fleetglass_people_prd");
    expect(plan.out).toMatch(/- \[Shop\].*\n.*\+ \[Core\]/u);
    expect(plan.code).toBe(2);
    const drift = await run(project(teams), "drift");
    expect(drift.out).toContain("~ permissions fleetglass_people_prd");
    expect(drift.code).toBe(2);
    const done = await publish(project(teams), "--state", join(folder, "state"));
    expect(done.code).toBe(0);
    expect(await opened("prd")).toEqual(["Core: Edit", "user 7: Admin"]);
    expect((await run(project(teams), "drift")).code).toBe(0);
    const back = await run(project(teams), "rollback", "--state", join(folder, "state"));
    expect(back.errors).toBe("");
    expect(await opened("prd")).toEqual(["Shop: Edit", "user 7: Admin"]);
    expect(grafana.violations).toEqual([]);
  });

  test("--annotate leaves a mark, where anything was changed", async () => {
    await publish(project(teams), "--annotate", "release 7");
    await publish(project(teams), "--annotate");
    await publish(project(teams.replace("editor", "viewer")), "--annotate");
    expect(grafana.annotations).toEqual([
      expect.objectContaining({ text: "release 7", tags: ["fleetglass", "deploy", "people"] }),
      expect.objectContaining({ text: "fleetglass published 3 changes of people" }),
    ]);
  });

  test("with --state a change by hand is told from one of the project, and both from each other", async () => {
    const state = join(folder, "memory");
    const wanted = project(teams);
    const changed = project(teams.replace("editor", "viewer"));
    const asked = async (text: string, ...argv: readonly string[]) => {
      const { out, code } = await run(text, "drift", "--json", ...argv);
      const { drift, waiting } = JSON.parse(out) as Record<"drift" | "waiting", { changes: { id: string }[] }[]>;
      const by = (plans: readonly { changes: readonly object[] }[]) =>
        plans.flatMap(({ changes }) =>
          (changes as { id: string; kind: string; changedBy?: string }[])
            .filter(({ kind }) => kind === "permissions" || kind === "folder")
            .map(({ id, changedBy }) => `${id.replace("fleetglass_people_", "")} ${changedBy}`),
        );
      return { code, drift: by(drift), waiting: by(waiting) };
    };
    expect((await publish(wanted, "--state", state)).code).toBe(0);

    // Only the project wants something else: nobody has done anything by hand.
    expect(await asked(changed, "--state", state)).toEqual({
      code: 0,
      drift: [],
      waiting: ["dev us", "prd us", "sre us"],
    });
    const plan = await run(changed, "plan", "--to", "live", "--state", state);
    expect(plan.out).toMatch(/~ permissions fleetglass_people_dev\n/u);
    // Who has no journal, as in a fresh checkout, can't know, and is told so.
    expect(await asked(changed)).toMatchObject({ code: 2, drift: ["dev undefined", "prd undefined", "sre undefined"] });
    const blind = await run(changed, "plan", "--to", "live");
    expect(blind.out).toContain(
      "permissions fleetglass_people_dev  (by hand, or not published yet: only the runs of --state could tell)",
    );

    // Somebody lets everybody in.
    await api("folders/fleetglass_people_prd/permissions", { items: [{ role: "Viewer", permission: 1 }] });
    expect(await asked(wanted, "--state", state)).toEqual({ code: 2, drift: ["prd hand"], waiting: [] });
    expect(await asked(changed, "--state", state)).toEqual({
      code: 2,
      drift: ["prd both"],
      waiting: ["dev us", "sre us"],
    });
    // A run put it back, and so it was the last to write.
    expect((await publish(wanted, "--state", state)).code).toBe(0);
    expect((await run(wanted, "rollback", "--state", state)).code).toBe(0);
    expect(await asked(wanted, "--state", state)).toEqual({ code: 0, drift: [], waiting: ["prd us"] });
    expect((await publish(wanted, "--state", state)).code).toBe(0);

    // A folder that went, and one that was called otherwise.
    const title = async (text: string): Promise<number> =>
      (
        await fetch(`${grafana.url}/api/folders/fleetglass_people_dev`, {
          method: "PUT",
          headers: headers(),
          body: JSON.stringify({ title: text, overwrite: true }),
        })
      ).status;
    const state2 = join(folder, "folders");
    const fresh = await startGrafana({ version });
    try {
      const there = (text: string, ...argv: readonly string[]) =>
        config(folder, text).then((file) =>
          fleetglass([...argv, "--fleet", file], { GRAFANA_URL: fresh.url, GRAFANA_TOKEN: fresh.token }),
        );
      expect((await there(wanted, "publish", "--to", "live", "--state", state2)).code).toBe(0);
      await fetch(`${fresh.url}/api/folders/fleetglass_people_prd`, { method: "DELETE", headers: headers() });
      const gone = await there(wanted, "drift", "--state", state2);
      expect(gone.out).toContain("+ folder     people Production (fleetglass_people_prd)  (removed by hand)");
      expect(gone.code).toBe(2);
    } finally {
      await fresh.stop();
    }
    expect(await title("Otherwise")).toBe(200);
    const renamed = await run(wanted, "drift", "--state", state);
    expect(renamed.code).toBe(0);
    expect((await publish(wanted, "--state", state)).code).toBe(0);
    expect(await title("Otherwise")).toBe(200);
    expect(await asked(wanted, "--state", state)).toMatchObject({ code: 2, drift: ["dev hand"] });
    expect((await publish(wanted)).code).toBe(0);
    expect(grafana.violations).toEqual([]);
  });
});

describe("a branch's boards", () => {
  let grafana: Grafana;
  let folder: string;
  let file: string;
  beforeAll(async () => {
    grafana = await startGrafana();
    folder = await mkdtemp(join(tmpdir(), "fleetglass-branch-"));
    file = await config(folder, project("", "folders, dashboards, datasources"));
  });
  afterAll(async () => {
    await grafana.stop();
    await rm(folder, { recursive: true });
  });
  const run = (...argv: readonly string[]) =>
    fleetglass([...argv, "--fleet", file], {
      GRAFANA_URL: grafana.url,
      GRAFANA_TOKEN: grafana.token,
    });
  const found = async (type: string): Promise<{ uid: string; title: string }[]> => {
    const answer = await fetch(`${grafana.url}/api/search?type=${type}&limit=1000`, {
      headers: { Authorization: `Bearer ${grafana.token}` },
    });
    return (await answer.json()) as { uid: string; title: string }[];
  };

  test("stand in a folder of their own until they are removed or expire, two branches apart", async () => {
    const first = await run("publish", "--preview", "feature/x");
    expect(first.errors).toBe("");
    expect(first.out).toMatch(/\+ folder +preview\/feature\/x \(until 2\d{3}-\d\d-\d\d\)/u);
    const boards = await found("dash-db");
    expect(boards.length).toBe(3);
    expect(new Set(boards.map(({ uid }) => uid.slice(-6))).size).toBe(1);
    expect((await run("publish", "--preview", "feature/x", "--plan")).code).toBe(0);
    await run("publish", "--preview", "feature/y", "--expires", "30d");
    expect(await found("dash-db")).toHaveLength(2 * boards.length);
    const gone = await run("publish", "--preview", "feature/x", "--remove");
    expect(gone.code).toBe(0);
    expect((await found("dash-folder")).map(({ title }) => title.replace(/ .*/u, ""))).toEqual(["preview/feature/y"]);
    expect(await found("dash-db")).toHaveLength(boards.length);
    // Its day passes.
    const [home] = await found("dash-folder");
    await fetch(`${grafana.url}/api/folders/${home?.uid}`, {
      method: "PUT",
      headers: { Authorization: `Bearer ${grafana.token}`, "content-type": "application/json" },
      body: JSON.stringify({ title: "preview/feature/y (until 2020-01-01)", overwrite: true }),
    });
    expect((await run("drift")).out).toContain("preview/feature/y (until 2020-01-01) has expired");
    const pruned = await run("publish", "--to", "live", "--prune");
    expect(pruned.code).toBe(0);
    const left = await found("dash-folder");
    expect(left.map(({ title }) => title).filter((title) => title.startsWith("preview/"))).toEqual([]);
    expect(grafana.violations).toEqual([]);
  }, 30_000);

  test.each([
    { argv: ["publish", "--remove"], says: "--expires and --remove belong to --preview BRANCH" },
    { argv: ["publish", "--preview", "x", "--expires", "soon"], says: "--expires soon: write a duration such as 7d" },
  ])("$argv is misuse", async ({ argv, says }) => {
    const { code, errors } = await run(...argv);
    expect(errors).toContain(says);
    expect(code).toBe(64);
  });
});
