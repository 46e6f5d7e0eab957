import type { GrafanaTheme2 } from "@grafana/data";

/** What style sheets of ours know of the theme, as custom properties: `var(--theme-link)`. */
export function setThemeVariables({ colors, isDark, shape, typography, visualization }: GrafanaTheme2): void {
  const shade = (name: string): string => visualization.getColorByName(`${isDark ? "light" : "dark"}-${name}`);
  const variables: Readonly<Record<string, string>> = {
    text: colors.text.primary,
    "text-secondary": colors.text.secondary,
    link: colors.text.link,
    canvas: colors.background.canvas,
    primary: colors.background.primary,
    secondary: colors.background.secondary,
    hover: colors.action.hover,
    "border-weak": colors.border.weak,
    "border-medium": colors.border.medium,
    "border-strong": colors.border.strong,
    focus: colors.primary.main,
    error: colors.error.text,
    warning: colors.warning.text,
    success: colors.success.text,
    info: colors.info.text,
    purple: shade("purple"),
    "error-background": colors.error.transparent,
    "warning-background": colors.warning.transparent,
    "success-background": colors.success.transparent,
    "info-background": colors.info.transparent,
    mono: typography.fontFamilyMonospace,
    radius: shape.radius.default,
  };
  for (const [name, value] of Object.entries(variables)) {
    document.documentElement.style.setProperty(`--theme-${name}`, value);
  }
}
