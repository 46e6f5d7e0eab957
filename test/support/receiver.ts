import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { nameOf } from "./incidents.ts";

/** One alert in one notification. */
export interface Notified {
  /** What the address of the receiver was: who sent it. */
  readonly path: string;
  readonly receiver: string;
  readonly alert: string;
  readonly status: "firing" | "resolved";
  readonly labels: Readonly<Record<string, string>>;
  /** When it arrived, in milliseconds. */
  readonly at: number;
}

export interface Receiver {
  readonly url: string;
  readonly notified: readonly Notified[];
  readonly stop: () => void;
}

/** Where notifications arrive, as a webhook is called. */
export async function startReceiver(): Promise<Receiver> {
  const notified: Notified[] = [];
  const listener = createServer((request, response) => {
    void text(request).then((body) => {
      const at = Date.now();
      const { receiver, alerts } = JSON.parse(body) as {
        receiver: string;
        alerts: readonly Pick<Notified, "labels" | "status">[];
      };
      for (const { labels, status } of alerts) {
        notified.push({ path: (request.url ?? "/").slice(1), receiver, alert: nameOf(labels), status, labels, at });
      }
      response.end();
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const address = listener.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    notified,
    stop() {
      listener.closeAllConnections();
      listener.close();
    },
  };
}
