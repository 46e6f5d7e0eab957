import { TagList } from "@grafana/ui";
import type { PreviewBoard } from "../../bundle.ts";

/** A board among others: what it is called, and the question it answers. */
export function BoardCard({ board: { uid, title, description, tags } }: { readonly board: PreviewBoard }): JSX.Element {
  return (
    <li className="boards-card">
      <h3>
        <a href={`/d/${uid}`}>{title}</a>
      </h3>
      <p>{description}</p>
      {tags.length > 0 && <TagList tags={[...tags]} className="boards-tags" />}
    </li>
  );
}
