import { useEffect, useRef, useSyncExternalStore } from "react";
import type { AnchorHTMLAttributes, MouseEvent } from "react";

const moved = "rootward:moved";
let shownPath: string | null = null;

function subscribe(listener: () => void): () => void {
  addEventListener("popstate", listener);
  addEventListener(moved, listener);
  return () => {
    removeEventListener("popstate", listener);
    removeEventListener(moved, listener);
  };
}

/** The current URL; what a page shows is decided by it alone. */
export function useUrl(): URL {
  return new URL(useSyncExternalStore(subscribe, () => location.href));
}

/** Goes to a path of this site. */
export function go(path: string): void {
  history.pushState(null, "", path);
  dispatchEvent(new Event(moved));
}

/** Changes some search parameters of the current URL in place; null removes one. */
export function setSearch(entries: Readonly<Record<string, string | null>>): void {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(entries)) {
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  history.replaceState(null, "", url);
  dispatchEvent(new Event(moved));
}

/** A link within this site that does not reload the page. */
export function Link(props: AnchorHTMLAttributes<HTMLAnchorElement> & { readonly href: string }) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    const plain =
      event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (!plain || event.defaultPrevented) return;
    event.preventDefault();
    go(props.href);
  };
  return <a {...props} onClick={follow} />;
}

/** Names the tab, and gives the heading focus after a move, so that a screen reader announces the new page. */
export function usePage(title: string): {
  readonly ref: React.RefObject<HTMLHeadingElement | null>;
  readonly tabIndex: -1;
} {
  const ref = useRef<HTMLHeadingElement>(null);
  const path = useUrl().pathname;
  useEffect(() => {
    document.title = `${title} · Rootward`;
  }, [title]);
  useEffect(() => {
    const isFirst = shownPath === null || shownPath === path;
    shownPath = path;
    if (isFirst) return;
    ref.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [path]);
  return { ref, tabIndex: -1 };
}
