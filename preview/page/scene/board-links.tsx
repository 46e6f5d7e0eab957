import { type SceneComponentProps, SceneObjectBase, type SceneObjectState, sceneGraph } from "@grafana/scenes";
import { Dropdown, LinkButton, Menu, ToolbarButton } from "@grafana/ui";
import type { PreviewBoard } from "../../bundle.ts";
import type { DashboardLink } from "./dashboard.ts";

/** A board that a link may lead to. */
export type Sibling = Pick<PreviewBoard, "uid" | "title" | "tags">;

interface BoardLinksState extends SceneObjectState {
  links: readonly DashboardLink[];
  siblings: readonly Sibling[];
}

/** A dashboard's own links: to addresses, and to the boards that have certain tags. */
export class BoardLinks extends SceneObjectBase<BoardLinksState> {
  static Component = BoardLinksRow;
}

interface Target {
  readonly title: string;
  readonly url: string;
}

function BoardLinksRow({ model }: SceneComponentProps<BoardLinks>): JSX.Element {
  const { links, siblings } = model.useState();
  // Shown links carry the time and the filters of this moment.
  sceneGraph.getTimeRange(model).useState();
  return (
    <>
      {links.map((link) => {
        const targets = targetsOf(link, siblings).map(({ title, url }) => ({ title, url: withView(url, link, model) }));
        return link.asDropdown === true ? (
          <Dropdown key={link.title} overlay={() => <LinkMenu targets={targets} />}>
            <ToolbarButton variant="canvas" icon="apps" isOpen={false}>
              {link.title}
            </ToolbarButton>
          </Dropdown>
        ) : (
          targets.map(({ title, url }) => (
            <LinkButton key={url} variant="secondary" size="md" fill="outline" href={url} tooltip={link.tooltip ?? ""}>
              {title}
            </LinkButton>
          ))
        );
      })}
    </>
  );
}

function LinkMenu({ targets }: { readonly targets: readonly Target[] }): JSX.Element {
  return (
    <Menu>
      {targets.map(({ title, url }) => (
        <Menu.Item key={url} label={title} url={url} />
      ))}
    </Menu>
  );
}

function targetsOf(link: DashboardLink, siblings: readonly Sibling[]): Target[] {
  if (link.type !== "dashboards") {
    return [{ title: link.title, url: link.url ?? "" }];
  }
  return siblings
    .filter(({ tags }) => (link.tags ?? []).every((tag) => tags.includes(tag)))
    .map(({ uid, title }) => ({ title, url: `/d/${uid}` }));
}

/** Grafana's words for it: keep the time range, include the current variables. */
function withView(url: string, { keepTime, includeVars }: DashboardLink, model: BoardLinks): string {
  const kept = [keepTime === true ? "${__url_time_range}" : "", includeVars === true ? "${__all_variables}" : ""];
  const query = sceneGraph.interpolate(model, kept.filter(Boolean).join("&"));
  const address = sceneGraph.interpolate(model, url);
  return query === "" ? address : `${address}${address.includes("?") ? "&" : "?"}${query}`;
}
