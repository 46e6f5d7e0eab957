import { chosenTheme } from "./theme.ts";

// Grafana's server writes these into its page; @grafana/runtime reads them once, when it is loaded. Hence the import
// below, which runs after.
const theme = chosenTheme();
Object.assign(window, {
  __grafana_public_path__: "/public/",
  grafanaBootData: {
    settings: {
      buildInfo: { version: "12.4.10", commit: "preview", env: "production" },
      appSubUrl: "",
      featureToggles: {},
      datasources: {},
      panels: {},
      apps: {},
    },
    user: {
      theme,
      lightTheme: theme === "light",
      orgId: 1,
      isSignedIn: true,
      timezone: "browser",
      locale: "en-US",
      regionalFormat: "en-US",
      language: "en-US",
    },
    navTree: [],
    assets: { dark: "", light: "" },
  },
});
document.documentElement.className = theme;

const { showPreview } = await import("./app.tsx");
await showPreview(theme);
