import { appendFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { PodLog } from "../../src/simulate/traffic.ts";

/**
 * What pods wrote, as a node keeps it: a file for each container, in whose lines the runtime puts time and stream before the
 * words. Half of the pods write JSON.
 */
export async function writePodFiles(folder: string, lines: Iterable<PodLog>): Promise<number> {
  const files = new Map<string, string[]>();
  let written = 0;
  for (const line of lines) {
    const { namespace, name, uid, container } = line.resource.pod;
    const path = join(folder, `${namespace}_${name}_${uid}`, container, "0.log");
    const own = files.get(path) ?? [];
    files.set(path, own);
    own.push(`${new Date(line.timestamp).toISOString()} stdout F ${isJson(name) ? json(line) : logfmt(line)}\n`);
    written += 1;
  }
  for (const [path, own] of files) {
    await mkdir(dirname(path), { recursive: true });
    await appendFile(path, own.join(""));
  }
  return written;
}

function isJson(name: string): boolean {
  return (name.codePointAt(name.length - 1) ?? 0) % 2 === 0;
}

function json({ severity, body, traceId, spanId }: PodLog): string {
  return JSON.stringify({ level: severity, trace_id: traceId, span_id: spanId, message: body });
}

function logfmt({ severity, body, traceId }: PodLog): string {
  return `level=${severity} ${traceId === undefined ? "" : `trace_id=${traceId} `}${body}`;
}
