import type { Finding } from "../../../src/lint/check.ts";
import { FindingList } from "../finding-list.tsx";

interface PanelFindingsProps {
  readonly findings: readonly Finding[];
  /** Of the board. */
  readonly resource: string;
  /** Of the panel. */
  readonly title: string;
}

/** What lint says of this panel, and of the rest of its board. */
export function PanelFindings({ findings, resource, title }: PanelFindingsProps): JSX.Element | null {
  const ofBoard = findings.filter((finding) => finding.resource === resource);
  const mine = ofBoard.filter(({ where }) => where === `panel "${title}"` || where.startsWith(`panel "${title}",`));
  const others = ofBoard.filter((finding) => !mine.includes(finding));
  return ofBoard.length === 0 ? null : (
    <section aria-label="Findings">
      <h3>Findings of lint</h3>
      {mine.length === 0 ? <p className="explain-quiet">None in this panel.</p> : <FindingList findings={mine} />}
      {others.length > 0 && (
        <details>
          <summary>{`${others.length} elsewhere on this board`}</summary>
          <FindingList findings={others} />
        </details>
      )}
    </section>
  );
}
