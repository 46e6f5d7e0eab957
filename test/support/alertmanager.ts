import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts, leash } from "../../src/servers/server.ts";
import { tool } from "../../src/servers/tools.ts";

export interface Alertmanager {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** A fresh Alertmanager on loopback. `files` lie in its folder, which is `⟦folder⟧` in the text of its configuration. */
export async function startAlertmanager(
  configuration: string,
  files: Readonly<Record<string, string>>,
): Promise<Alertmanager> {
  const folder = await mkdtemp(join(tmpdir(), "fleetglass-alertmanager-"));
  for (const [name, text] of Object.entries({ ...files, "alertmanager.yaml": configuration })) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text.replaceAll("⟦folder⟧", folder));
  }
  const [port] = await freePorts();
  const command = [
    await tool("alertmanager"),
    `--config.file=${join(folder, "alertmanager.yaml")}`,
    `--storage.path=${join(folder, "data")}`,
    `--web.listen-address=127.0.0.1:${port}`,
    "--cluster.listen-address=",
    "--log.level=warn",
  ];
  const server = spawn("sh", ["-c", leash, "sh", folder, ...command], {
    detached: true,
    stdio: ["pipe", "ignore", "inherit"],
  });
  const ended = once(server, "exit");
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; !(await isReady(url)); tries += 1) {
    if (tries > 300 || server.exitCode !== null) throw new Error("alertmanager is not ready");
    await sleep(50);
  }
  return {
    url,
    async stop() {
      server.stdin.destroy();
      await ended;
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/-/ready`)).ok;
  } catch {
    return false;
  }
}
