import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

// The README's picture: what a terminal shows when an environment and a second production cluster have been added to the small fleet.
// Regenerate it when the plan's look changes: npx tsx scripts/plan-picture.ts
const folder = mkdtempSync(join(tmpdir(), "fleetglass-picture-"));
const shown = (() => {
  try {
    cpSync("test/fleets/small.yaml", join(folder, "fleet.yaml"));
    fleetglass("publish");
    const fleet = readFileSync(join(folder, "fleet.yaml"), "utf8");
    const more = `${fleet}  - { name: qa-uaenorth, environment: qa, region: uaenorth }\n  - { name: prd-westeurope, environment: prd, region: westeurope }\n`;
    writeFileSync(
      join(folder, "fleet.yaml"),
      more.replace("  - { name: prd,", "  - { name: qa, title: QA }\n  - { name: prd,"),
    );
    return `$ fleetglass plan\n${fleetglass("plan")}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
})();

function fleetglass(command: string): string {
  const argv = [resolve("dist/cli/main.js"), command];
  try {
    return execFileSync(process.execPath, argv, {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, FORCE_COLOR: "1" },
    });
  } catch (error) {
    // Exit code 2: there are changes.
    return String((error as { readonly stdout: unknown }).stdout);
  }
}

const colours: Readonly<Record<string, string>> = { "31": "#f47067", "32": "#8ddb8c", "33": "#daaa3f" };
const width = 8.4;
const height = 19;
const escapes = new RegExp(String.raw`${String.fromCodePoint(27)}\[(\d+)m`, "u");

const lines = shown.trimEnd().split("\n");
const rows = lines.map((line, at) => `<text x="20" y="${44 + at * height}">${spans(line)}</text>`);
const columns = Math.max(...lines.map((line) => line.replaceAll(new RegExp(escapes, "gu"), "").length));

writeFileSync(
  "docs/images/plan.svg",
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${Math.ceil(columns * width) + 40} ${lines.length * height + 50}" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14" fill="#adbac7">
<rect width="100%" height="100%" rx="8" fill="#1c2128"/>
${rows.join("\n")}
</svg>
`,
);

function spans(line: string): string {
  const parts = line.split(escapes);
  let style = "";
  return parts
    .map((part, at) => {
      if (at % 2 === 0) return part === "" ? "" : `<tspan xml:space="preserve"${style}>${escaped(part)}</tspan>`;
      if (part === "1") style = ' font-weight="bold" fill="#f0f6fc"';
      else if (part === "2") style = ' fill="#768390"';
      else style = part in colours ? ` fill="${colours[part]}"` : "";
      return "";
    })
    .join("");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
