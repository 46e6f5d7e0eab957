import { type PanelProps, renderMarkdown, textUtil } from "@grafana/data";
import { RenderUserContentAsHTML, ScrollContainer } from "@grafana/ui";
import { panelPlugin } from "./plugin.ts";

interface TextOptions {
  readonly mode: "markdown" | "html" | "code";
  readonly content: string;
}

export const textPanel = panelPlugin<TextOptions>({
  id: "text",
  component: Text,
  defaults: { mode: "markdown", content: "" },
  skipDataQuery: true,
});

function Text({ options: { mode, content }, replaceVariables, height }: PanelProps<TextOptions>): JSX.Element {
  const text = replaceVariables(content, {}, mode === "code" ? undefined : "html");
  if (mode === "code") {
    return <pre style={{ height, overflow: "auto", margin: 0 }}>{text}</pre>;
  }
  const html = mode === "markdown" ? renderMarkdown(text) : textUtil.sanitize(text);
  return (
    <ScrollContainer maxHeight={`${height}px`}>
      <RenderUserContentAsHTML className="markdown-html" content={html} />
    </ScrollContainer>
  );
}
