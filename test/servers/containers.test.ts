import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describeWithTool } from "../support/needs.ts";

const run = promisify(execFile);

/** Docker as far as it is asked: it runs what the image would, and forgets how to end it but by `rm`. */
const engine = `#!/bin/sh
echo "$@" >>"$0.log"
case $1 in
  image) exit 0 ;;
  rm) kill -9 "$(cat "$0.pid")"; exit 0 ;;
esac
while [ $# -gt 0 ]; do
  case $1 in
    --env=*) export "\${1#--env=}" ;;
    --volume=*:/data) folder=\${1#--volume=} folder=\${folder%%:*} ;;
    --volume=*) config=\${1#--volume=} config=\${config%%:*} ;;
  esac
  shift
done
export MIMIR_FOLDER=$folder
"$REAL_MIMIR" -config.file="$config" -config.expand-env &
echo $! >"$0.pid"
wait
`;

/** Starts a Mimir as \`simulate\` does, asks it, and ends without stopping it. */
const script = `
import { startServer } from "./src/servers/server.ts";
const { url } = await startServer({ name: "mimir" });
process.stdout.write(url + " " + (await fetch(url + "/ready")).status + "\\n");
`;

describeWithTool("on a machine with a container engine and no Go", "mimir", (mimir) => {
  const folder = mkdtempSync(join(tmpdir(), "fleetglass-engine-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  test("a server runs in a container, and is gone with us", async () => {
    const docker = join(folder, "docker");
    writeFileSync(docker, engine);
    chmodSync(docker, 0o755);
    const { stdout } = await run(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
      env: {
        ...process.env,
        PATH: `${folder}:/usr/bin:/bin`,
        FLEETGLASS_TOOLS: join(folder, "none"),
        REAL_MIMIR: mimir.path,
      },
    });
    const [url = "", status] = stdout.trim().split(" ");
    expect(status).toBe("200");
    expect(readFileSync(`${docker}.log`, "utf8")).toContain(`--publish=127.0.0.1:${new URL(url).port}:`);
    await expect(gone(url)).resolves.toBe(true);
    expect(readFileSync(`${docker}.log`, "utf8")).toMatch(/^rm --force fleetglass-mimir-\d+$/mu);
  });
});

async function gone(url: string): Promise<boolean> {
  for (let left = 100; left > 0; left--) {
    const answered = await fetch(`${url}/ready`).then(
      () => true,
      () => false,
    );
    if (!answered) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}
