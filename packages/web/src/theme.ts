export type Theme = "system" | "light" | "dark";

const slot = "rootward.theme";

/** The theme that a person chose; `system` where none was, or storage is closed to the page. */
export function storedTheme(): Theme {
  try {
    const value = localStorage.getItem(slot);
    return value === "light" || value === "dark" ? value : "system";
  } catch {
    return "system";
  }
}

/** Shows a theme and keeps the choice in this browser. */
export function chooseTheme(theme: Theme): void {
  const root = document.documentElement;
  if (theme === "system") root.removeAttribute("data-theme");
  else root.setAttribute("data-theme", theme);
  try {
    if (theme === "system") localStorage.removeItem(slot);
    else localStorage.setItem(slot, theme);
  } catch {
    // A browser that keeps nothing still shows the choice until the page is closed.
  }
}
