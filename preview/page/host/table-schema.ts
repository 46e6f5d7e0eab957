/** What scenes 8.19 expects of @grafana/schema, which left it out in 12.4 (see vite.config.ts). */
export const defaultOptions = { frameIndex: 0, showHeader: true, cellHeight: "sm" } as const;
export const pluginVersion = "12.4.10";
