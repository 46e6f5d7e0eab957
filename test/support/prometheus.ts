import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import { type AddressInfo, createServer as listener } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { tool } from "../../src/servers/tools.ts";

export interface Prometheus {
  readonly url: string;
  /** The same server under the paths of Mimir's, for those who write to it. */
  readonly asMimir: string;
  readonly stop: () => Promise<void>;
}

/**
 * A fresh, empty Prometheus on loopback that takes remote write.
 * @param ruleFiles which rules it evaluates, as a glob; read anew at `POST /-/reload`
 */
export async function startPrometheus({ ruleFiles }: { readonly ruleFiles?: string } = {}): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), "fleetglass-prometheus-"));
  const config = join(folder, "prometheus.yml");
  const rules = ruleFiles === undefined ? "" : `rule_files: [${JSON.stringify(ruleFiles)}]\n`;
  await writeFile(config, `storage: { tsdb: { out_of_order_time_window: 2h } }\n${rules}`);
  const port = await freePort();
  const server = spawn(
    await tool("prometheus"),
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--web.enable-remote-write-receiver",
      "--web.enable-lifecycle",
      "--log.level=error",
    ],
    { stdio: "ignore" },
  );
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; !(await isReady(url)); tries += 1) {
    if (tries > 600 || server.exitCode !== null) throw new Error("prometheus is not ready");
    await sleep(50);
  }
  const proxy = createServer((incoming, outgoing) => {
    const path = (incoming.url ?? "").replace("/api/v1/push", "/api/v1/write").replace(/^\/prometheus/u, "");
    const { method, headers } = incoming;
    const through = request(url + path, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(through);
  });
  await new Promise<void>((ready) => proxy.listen(0, "127.0.0.1", ready));
  return {
    url,
    asMimir: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    async stop() {
      proxy.close();
      proxy.closeAllConnections();
      const gone = new Promise((ended) => server.once("exit", ended));
      server.kill("SIGKILL");
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const held = listener();
  await new Promise<void>((ready) => held.listen(0, "127.0.0.1", ready));
  const { port } = held.address() as AddressInfo;
  await new Promise((closed) => held.close(closed));
  return port;
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/-/ready`)).ok;
  } catch {
    return false;
  }
}
