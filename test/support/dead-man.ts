import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A silence that was longer than it may be. Times in milliseconds. */
export interface Alarm {
  readonly name: string;
  readonly raised: number;
  /** Absent while it lasts. */
  cleared?: number;
}

/** A heartbeat service: it is called at an address for each name, and raises the alarm where it is not any more. */
export interface DeadMan {
  /** The address of a name is below it. */
  readonly url: string;
  /** What `label` of the alerts was, with which each name was called. */
  readonly heard: (name: string, label: string) => readonly string[];
  readonly alarms: readonly Alarm[];
  readonly stop: () => void;
}

/** As such services do, a name is waited for from its first call on. */
export async function startDeadMan(silence: number): Promise<DeadMan> {
  const alarms: Alarm[] = [];
  const timers = new Map<string, NodeJS.Timeout>();
  const heard = new Map<string, Readonly<Record<string, string>>[]>();
  const listener = createServer((request, response) => {
    const name = (request.url ?? "/").slice(1);
    void text(request).then((body) => {
      const { alerts } = JSON.parse(body) as { alerts: readonly { labels: Readonly<Record<string, string>> }[] };
      heard.set(name, [...(heard.get(name) ?? []), ...alerts.map(({ labels }) => labels)]);
      clearTimeout(timers.get(name));
      const open = alarms.find((one) => one.name === name && one.cleared === undefined);
      if (open) open.cleared = Date.now();
      timers.set(
        name,
        setTimeout(() => alarms.push({ name, raised: Date.now() }), silence),
      );
      response.end();
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    heard: (name, label) => [...new Set((heard.get(name) ?? []).map((labels) => labels[label] ?? ""))],
    alarms,
    stop() {
      for (const timer of timers.values()) clearTimeout(timer);
      listener.closeAllConnections();
      listener.close();
    },
  };
}
