import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { imageOf, onPath, type Tool } from "./tools.ts";

const run = promisify(execFile);

/** What runs a server, and what takes away what it leaves behind when it is killed. */
export interface Command {
  readonly command: readonly string[];
  readonly cleanUp: readonly string[];
}

export interface Contained {
  readonly name: Tool;
  readonly config: string;
  readonly folder: string;
  readonly port: number;
  /** Of the server: what its configuration takes. */
  readonly env: Readonly<Record<string, string>>;
}

/** Docker's or Podman's command, where this machine has one and the server has an image. */
export function engineFor(name: Tool): string | undefined {
  return imageOf(name) === undefined ? undefined : (onPath("docker") ?? onPath("podman"));
}

/**
 * The server in a container, reachable on loopback only.
 * @throws {Error} in one line where the engine does not run or the image cannot be had.
 */
export async function contained(engine: string, { name, config, folder, port, env }: Contained): Promise<Command> {
  const image = imageOf(name) ?? "";
  await present(engine, image);
  const container = `fleetglass-${name}-${port}`;
  const prefix = name.toUpperCase();
  const inside = { ...env, [`${prefix}_FOLDER`]: "/data", [`${prefix}_LISTEN`]: "0.0.0.0" };
  return {
    command: [
      engine,
      "run",
      "--rm",
      `--name=${container}`,
      `--user=${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`,
      `--publish=127.0.0.1:${port}:${port}`,
      `--volume=${config}:/etc/fleetglass.yaml:ro`,
      `--volume=${folder}:/data`,
      ...Object.entries(inside).map(([key, value]) => `--env=${key}=${value}`),
      image,
      "-config.file=/etc/fleetglass.yaml",
      "-config.expand-env",
    ],
    // The client dies by the kill and not the container.
    cleanUp: [engine, "rm", "--force", container],
  };
}

async function present(engine: string, image: string): Promise<void> {
  try {
    await run(engine, ["image", "inspect", image]);
  } catch {
    process.stderr.write(`pulling ${image}, once\n`);
    try {
      await run(engine, ["pull", image]);
    } catch (cause) {
      const words = cause instanceof Error ? (cause.message.trim().split("\n").at(-1) ?? "") : String(cause);
      throw new Error(`no ${image}: ${words} (or install Go, which builds the server once)`, { cause });
    }
  }
}
