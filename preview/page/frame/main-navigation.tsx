import { useLocation } from "react-router-dom";

const pages = [
  { path: "/", title: "Boards" },
  { path: "/fleet", title: "Fleet" },
  { path: "/rules", title: "Rules" },
] as const;

/** The pages that every view can lead to. */
export function MainNavigation(): JSX.Element {
  const { pathname } = useLocation();
  return (
    <nav aria-label="Main">
      <ul className="frame-pages">
        {pages.map(({ path, title }) => (
          <li key={path}>
            <a href={path} {...currentAt(path, pathname)}>
              {title}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** A board is one of the boards, but not their page. */
function currentAt(path: string, pathname: string): { readonly "aria-current"?: "page" | "true" } {
  if (path === pathname) {
    return { "aria-current": "page" };
  }
  return path === "/" && pathname.startsWith("/d/") ? { "aria-current": "true" } : {};
}
