import { type ChildProcessByStdio, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { createServer, type Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { tool } from "./tools.ts";

export interface Mimir {
  /** Without a slash at the end, e.g. "http://127.0.0.1:40123". */
  readonly url: string;
  /** Kills the server and removes its data. Not needed for cleanliness, only to have it gone sooner. */
  stop(): Promise<void>;
}

export interface MimirOptions {
  /** How long a silent series is still seen; production has "5m". */
  readonly lookback?: string;
}

const config = fileURLToPath(new URL("../../tools/mimir/test.yaml", import.meta.url));

/**
 * Runs "$@" until it ends or standard input closes, then removes its folder. The kernel closes the pipe however we end,
 * kill -9 included, so neither servers nor their data outlive a test run. A server that ended by itself leaves its last
 * words on standard error; the shell's own, such as "Killed", may have no reader left and would end it too early.
 */
const leash = `
  exec 3<&0 4>&2 2>/dev/null
  "$@" >"$MIMIR_FOLDER/log" 2>&1 3<&- 4>&- &
  server=$!
  { cat <&3; kill -9 $server; } >/dev/null 4>&- &
  wait $server
  code=$?
  [ $code -eq 137 ] || tail -n 20 "$MIMIR_FOLDER/log" >&4
  rm -rf "$MIMIR_FOLDER"
  exit $code
`;

/**
 * A fresh, empty Mimir on loopback, configured by tools/mimir/test.yaml; or the one at `MIMIR_URL`, which should have
 * that configuration and is neither emptied nor stopped.
 */
export async function startMimir({ lookback = "5m" }: MimirOptions = {}): Promise<Mimir> {
  const given = process.env["MIMIR_URL"];
  if (given !== undefined && given !== "") {
    return external(given.replace(/\/+$/, ""), lookback);
  }
  const mimir = await tool("mimir");
  for (let left = 3; ; left--) {
    try {
      return await start(mimir, lookback);
    } catch (error) {
      // Another process took the port between our choosing and Mimir's listening.
      if (left === 1 || !String(error).includes("address already in use")) {
        throw error;
      }
    }
  }
}

/** A tenant that no other test and no earlier run has written to, for servers that outlive a run. */
export function freshTenant(name: string): string {
  return `${name}-${randomUUID().slice(0, 8)}`;
}

async function start(mimir: string, lookback: string): Promise<Mimir> {
  const [http, grpc] = await freePorts();
  const folder = await mkdtemp(join(tmpdir(), "fleetglass-mimir-"));
  const server = spawn("sh", ["-c", leash, "sh", mimir, `-config.file=${config}`, "-config.expand-env"], {
    // A session of its own: Ctrl-C is for us, and our end reaches the server through the pipe.
    detached: true,
    stdio: ["pipe", "ignore", "pipe"],
    env: {
      ...process.env,
      MIMIR_HTTP_PORT: String(http),
      MIMIR_GRPC_PORT: String(grpc),
      MIMIR_FOLDER: folder,
      MIMIR_LOOKBACK: lookback,
    },
  });
  const url = `http://127.0.0.1:${http}`;
  const ended = end(server);
  const stop = async (): Promise<void> => {
    server.ref();
    server.stdin.destroy();
    await ended;
  };
  try {
    await ready(url, ended);
  } catch (error) {
    await stop();
    throw error;
  }
  // Whoever forgets to stop the server still ends, and the server with it.
  server.unref();
  for (const pipe of [server.stdin, server.stderr]) {
    if (pipe instanceof Socket) {
      pipe.unref();
    }
  }
  return { url, stop };
}

/** Polls, because Mimir says nothing when it is ready; fails as soon as the server has ended. */
async function ready(url: string, ended: Promise<string>): Promise<void> {
  const deadline = Date.now() + 60_000;
  const failed = ended.then((words) => {
    throw new Error(`Mimir ended before it was ready. The end of its log:\n${words}`);
  });
  while (!(await answers(`${url}/ready`))) {
    if (Date.now() > deadline) {
      throw new Error(`Mimir at ${url} is not ready after 60 s`);
    }
    await Promise.race([failed, sleep(10)]);
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(5000) })).ok;
  } catch {
    return false;
  }
}

/** What the server leaves on standard error, once it and its folder are gone. */
async function end(server: ChildProcessByStdio<Writable, null, Readable>): Promise<string> {
  const [words] = await Promise.all([text(server.stderr), once(server, "exit")]);
  return words;
}

/** Held all at once until all are known, so that they differ. */
async function freePorts(): Promise<readonly [number, number]> {
  const [first, second] = [createServer(), createServer()];
  const ports = [await listen(first), await listen(second)] as const;
  await Promise.all([first, second].map((server) => promisify(server.close.bind(server))()));
  return ports;
}

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new Error(`expected a TCP address, got ${address}`);
  }
  return address.port;
}

async function external(url: string, lookback: string): Promise<Mimir> {
  const response = await fetch(`${url}/config`);
  const has = /^ +lookback_delta: (\S+)$/m.exec(await response.text())?.[1];
  // Mimir writes durations as Go does: 10s, but 5m0s.
  if (has !== lookback && has !== `${lookback}0s`) {
    throw new Error(`MIMIR_URL ${url} has lookback_delta ${has}; this suite needs ${lookback}: unset MIMIR_URL for it`);
  }
  return { url, stop: () => Promise.resolve() };
}
