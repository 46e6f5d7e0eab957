import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { Misuse } from "./misuse.ts";
import { previewInGrafana } from "./preview-grafana.ts";
import type { CommonOptions, World } from "./run.ts";

interface DataOptions extends CommonOptions {
  readonly mimir?: string;
  readonly loki?: string;
}

export interface PreviewOptions extends DataOptions {
  readonly port: string;
  /** In the Grafana at GRAFANA_URL instead. */
  readonly grafana?: boolean;
}

export interface SnapshotOptions extends DataOptions {
  readonly to?: string;
  readonly theme: string;
  readonly width: string;
  readonly query: string;
  readonly panel?: string;
  /** A document of `fleetglass bundle`, to be compared with what there is now. */
  readonly before?: string;
}

const preview = fileURLToPath(new URL("../../preview", import.meta.url));

/** The preview's packages are large, and nobody needs them to publish boards: they are installed when it is first used. */
export function installPreview(tell: World["tell"]): void {
  const installed = join(preview, "node_modules", ".package-lock.json");
  const wanted = join(preview, "package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs) return;
  tell("installing the preview's packages, once (some 700 MB) …");
  try {
    execFileSync("npm", ["ci", "--prefix", preview, "--no-audit", "--no-fund"], { stdio: ["ignore", 2, 2] });
  } catch (cause) {
    throw new Error(`the preview's packages could not be installed into ${preview}: see npm's words above`, { cause });
  }
}

/** `fleetglass preview` */
export async function runPreview({ grafana, ...options }: PreviewOptions, world: World): Promise<ExitCode> {
  if (grafana === true) {
    const stopped = new Promise((resolve) => process.once("SIGINT", resolve).once("SIGTERM", resolve));
    return previewInGrafana(options, world, stopped);
  }
  installPreview(world.tell);
  return ran(["serve", ...given({ ...options, port: whole(options.port, "--port") })]);
}

/** `fleetglass snapshot` */
export async function runSnapshot(
  uid: string | undefined,
  options: SnapshotOptions,
  { tell }: World,
): Promise<ExitCode> {
  const { before, theme, json, ...others } = options;
  if ((uid === undefined) === (before === undefined))
    throw new Misuse("snapshot takes the uid of a board, or --before");
  if (theme !== "dark" && theme !== "light") throw new Misuse(`--theme is dark or light, not ${theme}`);
  if (before !== undefined && !existsSync(before)) throw new Misuse(`there is no file ${before}`);
  installPreview(tell);
  const to = options.to ?? (uid === undefined ? "before-after" : `${uid}.png`);
  const common = given({ ...others, to, theme, width: whole(options.width, "--width") });
  const what = uid === undefined ? ["compare", before ?? ""] : ["snapshot", uid];
  return ran([...what, ...common, ...(json === true ? ["--json"] : [])]);
}

export interface RecordOptions extends DataOptions {
  readonly to: string;
  readonly boards: readonly string[];
  /** The end of what is recorded, in milliseconds. */
  readonly until: number;
}

/** Keeps what a server answers to the queries of boards: the preview shows it where there is no server. */
export async function recordBoards(
  { boards, until, ...options }: RecordOptions,
  tell: World["tell"],
): Promise<ExitCode> {
  installPreview(tell);
  tell(`looking at ${boards.length} boards, to keep what they are answered …`);
  return ran(["record", ...given({ ...options, until: String(until) }), ...boards.map((uid) => `--board=${uid}`)]);
}

function whole(text: string, option: string): string {
  if (!/^\d{1,5}$/u.test(text)) throw new Misuse(`${option} takes a whole number, not ${text}`);
  return text;
}

function given(options: object): string[] {
  return Object.entries(options).flatMap(([key, value]) => (typeof value === "string" ? [`--${key}=${value}`] : []));
}

/** In a process of its own, with the preview's own packages. Ctrl-C reaches both of us. */
async function ran(args: readonly string[]): Promise<ExitCode> {
  const loader = pathToFileURL(join(preview, "node_modules", "tsx", "dist", "esm", "index.mjs")).href;
  const child = spawn(process.execPath, ["--import", loader, join(preview, "main.ts"), ...args], { stdio: "inherit" });
  const stop = (): void => void child.kill("SIGTERM");
  process.once("SIGINT", stop).once("SIGTERM", stop);
  const [code] = await once(child, "exit");
  return code === 0 || code === null ? exitCodes.done : exitCodes.failed;
}
