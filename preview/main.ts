import { parseArgs } from "node:util";
import type { Theme } from "./bundle.ts";
import { backendsOf } from "./server/backends.ts";
import { builtPage } from "./server/page.ts";
import { servePreview } from "./server/server.ts";
import { snapshot } from "./server/snapshot.ts";

const help = `Shows the generated dashboards in a browser, without a Grafana.

  preview                     the boards, at http://127.0.0.1:4173
  preview snapshot <uid>      a PNG of a board

  --out DIR        generated folder (default: out)
  --mimir URL      Mimir, or else $MIMIR_URL; its API is below /prometheus
  --loki URL       Loki, or else $LOKI_URL
  --port N         port on loopback (default: 4173, any for snapshot)

Of snapshot:
  --to FILE        picture to write (default: <uid>.png)
  --theme NAME     dark (default) or light
  --width N        in pixels (default: 1600); as high as the board is
  --query TEXT     the view, as in its address: "from=now-1h&var-cluster=prd-uaenorth"
  --panel ID       only this panel

$MIMIR_TOKEN, or $MIMIR_USER and $MIMIR_PASSWORD, and likewise LOKI_…, are sent where they are set.
`;

/** Exit codes: 0 done, 1 it failed, 64 misuse. */
async function main(): Promise<number> {
  const { values, positionals } = argumentsOf();
  const [command = "serve", uid, ...rest] = positionals;
  const theme = values.theme;
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  if (rest.length > 0 || (command === "snapshot") !== (uid !== undefined) || !/^(?:serve|snapshot)$/u.test(command)) {
    throw new Misuse(`no such command: ${positionals.join(" ")}`);
  }
  if (theme !== "dark" && theme !== "light") {
    throw new Misuse(`--theme is dark or light, not ${theme}`);
  }
  const preview = await servePreview({
    out: values.out,
    page: await builtPage(),
    port: whole("--port", values.port ?? (command === "serve" ? "4173" : "0")),
    backends: backendsOf(values, process.env),
  });
  if (command === "serve") {
    process.stdout.write(`${preview.url}\n`);
    return new Promise(() => undefined);
  }
  try {
    const file = values.to ?? `${uid}.png`;
    const seen = await snapshot(preview.url, {
      file,
      theme: theme satisfies Theme,
      uid: uid ?? "",
      query: values.query,
      width: whole("--width", values.width),
      ...(values.panel !== undefined && { panel: values.panel }),
    });
    process.stdout.write(`${file}\n`);
    for (const problem of seen.problems) {
      process.stderr.write(`${problem}\n`);
    }
    return seen.problems.length === 0 ? 0 : 1;
  } finally {
    await preview.close();
  }
}

class Misuse extends Error {}

function argumentsOf() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        out: { type: "string", default: "out" },
        mimir: { type: "string" },
        loki: { type: "string" },
        port: { type: "string" },
        to: { type: "string" },
        theme: { type: "string", default: "dark" },
        width: { type: "string", default: "1600" },
        query: { type: "string", default: "" },
        panel: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    throw new Misuse(error instanceof Error ? error.message : String(error));
  }
}

function whole(option: string, text: string): number {
  if (!/^\d{1,5}$/u.test(text)) {
    throw new Misuse(`${option} is a number, not ${text}`);
  }
  return Number(text);
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof Misuse ? 64 : 1;
}
