import { FilterInput } from "@grafana/ui";
import type { PreviewBoard, PreviewBundle } from "../../bundle.ts";
import { changeParameters, useParameter } from "../address.ts";
import { usePageTitle } from "../frame/page-title.ts";
import { BoardCard } from "./board-card.tsx";
import "./boards.css";
import { grouped } from "../grouped.ts";

/** Every board of the bundle, by folder. */
export function BoardList({ bundle }: { readonly bundle: PreviewBundle }): JSX.Element {
  usePageTitle("Boards");
  const text = useParameter("q");
  const shown = bundle.boards.filter((board) => matches(board, text));
  const folders = grouped(shown, ({ folder }) => folder);
  return (
    <>
      <div className="boards-head">
        <h1 className="frame-title">Boards</h1>
        <div className="boards-filter">
          <FilterInput
            aria-label="Filter boards"
            placeholder="Title, tag or folder"
            escapeRegex={false}
            value={text}
            onChange={(q) => changeParameters({ q }, { silently: true })}
          />
        </div>
      </div>
      {[...folders].map(([folder, boards]) => (
        <section key={folder} aria-label={folder}>
          <h2 className="boards-folder">{folder}</h2>
          <ul className="boards-list">
            {boards.map((board) => (
              <BoardCard key={board.uid} board={board} />
            ))}
          </ul>
        </section>
      ))}
      {shown.length === 0 && (
        <p role="status">{text === "" ? "There are no boards." : `No board matches "${text}".`}</p>
      )}
    </>
  );
}

/** Every word must be somewhere. */
function matches({ title, description, tags, folder }: PreviewBoard, text: string): boolean {
  const all = [title, description, folder, ...tags].join(" ").toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/u)
    .every((word) => all.includes(word));
}
