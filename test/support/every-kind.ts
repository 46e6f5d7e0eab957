import { once } from "node:events";
import { cpSync, mkdtempSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The board `every-kind` beside the repository's own data sources, as a generated folder. */
export function folderOfEveryKind(): string {
  const folder = mkdtempSync(join(tmpdir(), "fleetglass-every-kind-"));
  cpSync("test/preview/every-kind", folder, { recursive: true });
  cpSync("out/grafana/provisioning", join(folder, "grafana", "provisioning"), { recursive: true });
  return folder;
}

export interface FakeLoki {
  readonly url: string;
  close(): void;
}

/** Answers every query with one line, as Loki's documentation of its API shows it. */
export async function fakeLoki(): Promise<FakeLoki> {
  const server = createServer((_, response) => {
    const values = [[`${Date.now()}000000`, "a line of the log"]];
    const result = [{ stream: { cluster: "prd-uaenorth" }, values }];
    response.end(JSON.stringify({ status: "success", data: { resultType: "streams", result } }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
