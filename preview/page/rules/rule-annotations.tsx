import type { PreviewBoard } from "../../bundle.ts";
import { Facts } from "../facts.tsx";
import { PlainLink } from "../plain-link.tsx";

interface RuleAnnotationsProps {
  readonly annotations: Readonly<Record<string, string>>;
  readonly boards: readonly PreviewBoard[];
}

const titles: Readonly<Record<string, string>> = {
  runbook_url: "Runbook",
  dashboard_url: "Board",
  summary: "Summary",
  description: "Description",
};

/** What whoever is woken reads, with its links. */
export function RuleAnnotations({ annotations, boards }: RuleAnnotationsProps): JSX.Element {
  const facts = Object.entries(annotations).map(([name, text]): [string, JSX.Element | string] => [
    titles[name] ?? name,
    linked(text, boards),
  ]);
  return <Facts facts={facts} />;
}

/** A board of ours is here too; the labels in its address are known only when the alert fires. */
function linked(text: string, boards: readonly PreviewBoard[]): JSX.Element | string {
  if (!/^https?:\/\/\S+/u.test(text) || /\s(?!\.)/u.test(withoutTemplates(text))) {
    return text;
  }
  const [, uid] = /\/d\/([\w-]+)/u.exec(text) ?? [];
  const board = boards.find((each) => each.uid === uid);
  if (board !== undefined) {
    return <PlainLink href={`/d/${board.uid}`}>{board.title}</PlainLink>;
  }
  return (
    <PlainLink href={text} target="_blank">
      {text}
    </PlainLink>
  );
}

function withoutTemplates(text: string): string {
  return text.replaceAll(/\{\{.*?\}\}/gu, "");
}
