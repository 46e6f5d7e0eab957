import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { parse } from "yaml";
import type { PreviewBoard } from "../bundle.ts";

/** The generated folder as it is now: `out/` of this repository, or one like it. */
export interface Folder {
  readonly boards: readonly PreviewBoard[];
  readonly sources: readonly Source[];
  readonly problems: readonly string[];
}

/** A provisioned data source, as far as the preview needs it. */
export interface Source {
  readonly uid: string;
  readonly name: string;
  readonly type: string;
  readonly interval: string | undefined;
  readonly isDefault: boolean;
  /** Headers that Grafana would add, the tenant among them; they never reach the browser. */
  readonly headers: Readonly<Record<string, string>>;
}

export function readFolder(out: string): Folder {
  const problems: string[] = [];
  const read = <T>(file: string, make: (text: string) => T[]): T[] => {
    try {
      return make(readFileSync(file, "utf8"));
    } catch (error) {
      problems.push(`${file}: ${error instanceof Error ? error.message : String(error)}`);
      return [];
    }
  };
  const dashboards = files(join(out, "grafana", "dashboards"), ".json");
  const provisioning = files(join(out, "grafana", "provisioning", "datasources"), ".yaml");
  if (dashboards.length === 0) {
    problems.push(`${out} has no grafana/dashboards/<folder>/<uid>.json: run \`npm run publish\` first`);
  }
  return {
    boards: dashboards.flatMap((file) => read(file, (text) => [board(file, JSON.parse(text))])),
    sources: provisioning.flatMap((file) => read(file, (text) => sources(parse(text)))),
    problems,
  };
}

function board(file: string, dashboard: unknown): PreviewBoard {
  const found = record(dashboard);
  return {
    uid: string(found["uid"]) ?? basename(file, ".json"),
    title: string(found["title"]) ?? basename(file, ".json"),
    description: string(found["description"]) ?? "",
    tags: list(found["tags"]).flatMap((tag) => string(tag) ?? []),
    folder: basename(join(file, "..")),
    dashboard,
  };
}

function sources(file: unknown): Source[] {
  return list(record(file)["datasources"]).flatMap((entry) => {
    const found = record(entry);
    const jsonData = record(found["jsonData"]);
    const [uid, type] = [string(found["uid"]), string(found["type"])];
    if (uid === undefined || type === undefined) {
      return [];
    }
    return [
      {
        uid,
        type,
        name: string(found["name"]) ?? uid,
        interval: string(jsonData["timeInterval"]),
        isDefault: found["isDefault"] === true,
        headers: headers(jsonData, record(found["secureJsonData"])),
      },
    ];
  });
}

/** Grafana pairs `httpHeaderName1` with `httpHeaderValue1`, and so on. */
function headers(jsonData: Json, secure: Json): Record<string, string> {
  return Object.fromEntries(
    Object.entries(jsonData).flatMap(([key, name]) => {
      const value = secure[key.replace("httpHeaderName", "httpHeaderValue")];
      return key.startsWith("httpHeaderName") && typeof name === "string" && typeof value === "string"
        ? [[name, value]]
        : [];
    }),
  );
}

function files(folder: string, extension: string): string[] {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    return [];
  }
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(extension))
    .sort()
    .map((file) => join(folder, file));
}

type Json = Readonly<Record<string, unknown>>;

function record(value: unknown): Json {
  return typeof value === "object" && value !== null ? (value as Json) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function string(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
