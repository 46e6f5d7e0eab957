import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { createServer, type Server as Listener, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Command, contained, engineFor } from "./containers.ts";
import { lacking, type Tool, tool } from "./tools.ts";

export interface Server {
  /** Without a slash at the end, e.g. "http://127.0.0.1:40123". */
  readonly url: string;
  /** Kills the server and removes its data. Not needed for cleanliness, only to have it gone sooner. */
  stop(): Promise<void>;
}

/**
 * A server of ours: an executable and a folder in tools/ of one name, whose test.yaml takes `<NAME>_HTTP_PORT`,
 * `<NAME>_GRPC_PORT` and `<NAME>_FOLDER` from the environment.
 */
interface Program {
  readonly name: Tool & ("mimir" | "loki");
  /** What its test.yaml takes beside these. */
  readonly env?: Readonly<Record<string, string>>;
  /** Below which folder its data go; default where the system keeps what is temporary. */
  readonly under?: string;
}

/**
 * Runs what follows the folder until it ends or standard input closes, then cleans up and removes the folder. The kernel closes the
 * pipe however we end, kill -9 included, so neither servers nor their data outlive a test run. A server that ended by
 * itself leaves its last words on standard error; the shell's own, such as "Killed", may have no reader left and would
 * end it too early.
 */
export const leash = `
  folder=$1
  shift
  exec 3<&0 4>&2 2>/dev/null
  "$@" >"$folder/log" 2>&1 3<&- 4>&- &
  server=$!
  { cat <&3; kill -9 $server; } >/dev/null 4>&- &
  wait $server
  code=$?
  [ $code -eq 137 ] || tail -n 20 "$folder/log" >&4
  [ -z "$FLEETGLASS_CLEAN_UP" ] || $FLEETGLASS_CLEAN_UP >/dev/null 2>&1 4>&-
  rm -rf "$folder"
  exit $code
`;

/** A fresh, empty server on loopback. */
export async function startServer(program: Program): Promise<Server> {
  const runner = await runnerOf(program.name);
  for (let left = 3; ; left--) {
    try {
      return await start(runner, program);
    } catch (error) {
      // Another process took the port between our choosing and the server's listening.
      if (left === 1 || !String(error).includes("address already in use")) {
        throw error;
      }
    }
  }
}

/** The address in `<NAME>_URL`, of a server that is neither emptied nor stopped. */
export function givenUrl(
  name: Program["name"],
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  const given = environment[`${name.toUpperCase()}_URL`];
  return given === undefined || given === "" ? undefined : given.replace(/\/+$/, "");
}

interface Place {
  readonly config: string;
  readonly folder: string;
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
}

type Runner = (place: Place) => Promise<Command>;

/** The executable where there is one or Go can build it, else a container. */
async function runnerOf(name: Program["name"]): Promise<Runner> {
  const engine = lacking(name) === undefined ? undefined : engineFor(name);
  if (engine !== undefined) return (place) => contained(engine, { name, ...place });
  const executable = await tool(name);
  return ({ config }) =>
    Promise.resolve({ command: [executable, `-config.file=${config}`, "-config.expand-env"], cleanUp: [] });
}

async function start(runner: Runner, { name, env = {}, under = tmpdir() }: Program): Promise<Server> {
  const [http, grpc] = await freePorts();
  const folder = await mkdtemp(join(under, `fleetglass-${name}-`));
  const config = fileURLToPath(new URL(`../../tools/${name}/test.yaml`, import.meta.url));
  const prefix = name.toUpperCase();
  const wanted = { [`${prefix}_HTTP_PORT`]: String(http), [`${prefix}_GRPC_PORT`]: String(grpc), ...env };
  const { command, cleanUp } = await runner({ config, folder, port: http, env: wanted });
  const server = spawn("sh", ["-c", leash, "sh", folder, ...command], {
    // A session of its own: Ctrl-C is for us, and our end reaches the server through the pipe.
    detached: true,
    stdio: ["pipe", "ignore", "pipe"],
    env: {
      ...process.env,
      [`${prefix}_FOLDER`]: folder,
      ...wanted,
      FLEETGLASS_CLEAN_UP: cleanUp.join(" "),
    },
  });
  const url = `http://127.0.0.1:${http}`;
  const ended = end(server);
  const words = server.stderr;
  const stop = async (): Promise<void> => {
    // Whoever stops it waits for its end, and for its last words too.
    server.ref();
    if (words instanceof Socket) words.ref();
    server.stdin.destroy();
    await ended;
  };
  try {
    await ready({ name, url, ended });
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

interface Started {
  readonly name: string;
  readonly url: string;
  readonly ended: Promise<string>;
}

/** Polls, because servers say nothing when they are ready; fails as soon as this one has ended. */
async function ready({ name, url, ended }: Started): Promise<void> {
  const deadline = Date.now() + 60_000;
  const failed = ended.then((words) => {
    throw new Error(`${name} ended before it was ready. The end of its log:\n${words}`);
  });
  while (!(await answers(`${url}/ready`))) {
    if (Date.now() > deadline) {
      throw new Error(`${name} at ${url} is not ready after 60 s`);
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
export async function freePorts(): Promise<readonly [number, number]> {
  const [first, second] = [createServer(), createServer()];
  const ports = [await listen(first), await listen(second)] as const;
  await Promise.all([first, second].map((server) => promisify(server.close.bind(server))()));
  return ports;
}

async function listen(server: Listener): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new Error(`expected a TCP address, got ${address}`);
  }
  return address.port;
}
