import type { Fleet } from "../../src/fleet/model.ts";
import { gatewayConfig } from "../../src/infra/gateway.ts";
import { identitiesOf, userNames } from "../../src/infra/identities.ts";
import type { Door } from "../../src/infra/place.ts";
import { onPath } from "../../src/servers/tools.ts";
import { describeUnless } from "./needs.ts";
import { type Program, startProgram } from "./program.ts";

/** A suite that runs an nginx. */
export function describeWithNginx(name: string, body: () => void): void {
  const lacking = nginx() === undefined ? "no nginx: install it (apt-get install nginx-light)" : undefined;
  describeUnless(lacking, name, body);
}

/** Debian puts it where only root's PATH looks. */
export function nginx(): string | undefined {
  return onPath("nginx") ?? (onPath("/usr/sbin/nginx") === undefined ? undefined : "/usr/sbin/nginx");
}

/** The generated door before a backend on loopback. Every user's password is `<user>-secret`. */
export function startGateway(
  fleet: Fleet,
  door: Door,
  backend: string,
  { place, samplers }: { readonly place?: Program["place"]; readonly samplers?: Readonly<Record<string, string>> } = {},
): Promise<Program> {
  const users = identitiesOf(fleet).flatMap(userNames);
  return startProgram({
    name: `nginx-${door}`,
    ready: "/ready",
    ...(place && { place }),
    files: ({ folder, port }) => ({
      "nginx.conf": gatewayConfig(fleet, door, {
        listen: `127.0.0.1:${port}`,
        upstream: () => backend.replace("http://", ""),
        passwords: `${folder}/htpasswd`,
        folder,
        ...(samplers && { samplers }),
      }),
      htpasswd: users.map((user) => `${user}:{PLAIN}${user}-secret\n`).join(""),
    }),
    command: ({ folder }) => [
      nginx() ?? "nginx",
      "-c",
      `${folder}/nginx.conf`,
      "-g",
      "daemon off; master_process off;",
    ],
  });
}

export function basic(user: string, password = `${user}-secret`): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}
