import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

// Vite reads the default export.
export default defineConfig({
  plugins: [react(), grafanaPublic()],
  resolve: {
    alias: [
      {
        // scenes 8.19 takes a value from there that schema 12.4 no longer has.
        find: "@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen",
        replacement: here("./page/host/table-schema.ts"),
      },
      { find: /^\.\/ReactMonacoEditor\.mjs$/u, replacement: here("./page/host/no-editor.ts") },
    ],
  },
  publicDir: false,
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 20_000,
    reportCompressedSize: false,
    // Comments that rollup misses where a dependency has them; nobody here can mend that.
    rollupOptions: { onwarn: (warning, warn) => (warning.code === "INVALID_ANNOTATION" ? undefined : warn(warning)) },
  },
});

/** The package names some icons that it does not contain. */
const missingIcon = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><circle cx="12" cy="12" r="5"/></svg>';

async function iconNames(): Promise<string[]> {
  const list = pathToFileURL(here("./node_modules/@grafana/data/dist/esm/types/icon.mjs")).href;
  const { availableIconsIndex } = (await import(list)) as { availableIconsIndex: Record<string, boolean> };
  return Object.keys(availableIconsIndex);
}

/** Icons and fonts where Grafana's components look for them: a Grafana server has them under /public. */
function grafanaPublic(): Plugin {
  const fonts: Readonly<Record<string, string>> = {
    "inter/Inter-Regular.woff2": "@fontsource/inter/files/inter-latin-400-normal.woff2",
    "inter/Inter-Medium.woff2": "@fontsource/inter/files/inter-latin-500-normal.woff2",
    "inter/Inter-Italic.woff2": "@fontsource/inter/files/inter-latin-400-italic.woff2",
    "inter/Inter-MediumItalic.woff2": "@fontsource/inter/files/inter-latin-500-italic.woff2",
    "roboto/L0xTDF4xlVMF-BfR8bXMIhJHg45mwgGEFl0_3vrtSM1J-gEPT5Ese6hmHSh0mQ.woff2":
      "@fontsource/roboto-mono/files/roboto-mono-latin-400-normal.woff2",
  };
  return {
    name: "grafana-public",
    async writeBundle({ dir = here("./dist") }) {
      const copy = (from: string, to: string): void => {
        mkdirSync(dirname(join(dir, "public", to)), { recursive: true });
        cpSync(here(`./node_modules/${from}`), join(dir, "public", to), { recursive: true });
      };
      copy("@grafana/ui/dist/public/img/icons", "build/img/icons");
      const root = join(dir, "public/build/img/icons");
      const have = new Set(readdirSync(root, { recursive: true, encoding: "utf8" }).map((file) => basename(file)));
      for (const name of await iconNames()) {
        if (!have.has(`${name}.svg`)) {
          writeFileSync(join(root, "unicons", `${name}.svg`), missingIcon);
        }
      }
      const right = readFileSync(join(root, "unicons/angle-double-right.svg"), "utf8");
      writeFileSync(
        join(root, "unicons/angle-double-left.svg"),
        right.replace("<svg ", '<svg transform="scale(-1 1)" '),
      );
      for (const [to, from] of Object.entries(fonts)) {
        copy(from, `fonts/${to}`);
      }
    },
  };
}
