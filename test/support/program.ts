import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts, leash, type Server } from "../../src/servers/server.ts";

export interface ProgramPlace {
  /** Its own, gone when it ends. */
  readonly folder: string;
  readonly port: number;
  /** For what needs a second one. */
  readonly otherPort: number;
}

export interface ProgramOptions {
  readonly name: string;
  readonly command: (place: ProgramPlace) => readonly string[];
  readonly files: (place: ProgramPlace) => Readonly<Record<string, string>>;
  /** Path that answers 200 once it is ready; on `port`. */
  readonly ready: string;
  /** Instead of free ones: to come back where it was. */
  readonly place?: ProgramPlace;
}

export interface Program extends Server {
  readonly place: ProgramPlace;
}

/** Any program on loopback that is configured by files; it ends with us, however we end. */
export async function startProgram({ name, command, files, ready, place }: ProgramOptions): Promise<Program> {
  const [port, otherPort] = place ? [place.port, place.otherPort] : await freePorts();
  const folder = place?.folder ?? (await mkdtemp(join(tmpdir(), `fleetglass-${name}-`)));
  await mkdir(folder, { recursive: true });
  const here = { folder, port, otherPort };
  for (const [file, content] of Object.entries(files(here))) await writeFile(join(folder, file), content);
  const server = spawn("sh", ["-c", leash, "sh", folder, ...command(here)], {
    detached: true,
    stdio: ["pipe", "ignore", "pipe"],
  });
  const ended = Promise.all([text(server.stderr), once(server, "exit")]);
  const url = `http://127.0.0.1:${port}`;
  let gone: string | undefined;
  void ended.then(([words]) => (gone = words));
  for (const deadline = Date.now() + 60_000; !(await answers(`${url}${ready}`)); await sleep(20)) {
    if (gone !== undefined) throw new Error(`${name} ended before it was ready:\n${gone}`);
    if (Date.now() > deadline) throw new Error(`${name} is not ready after a minute`);
  }
  const stop = async (): Promise<void> => {
    server.stdin.destroy();
    await ended;
  };
  return { url, stop, place: here };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(5000) })).ok;
  } catch {
    return false;
  }
}
