import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "@fontsource-variable/inter/wght.css";
import "@fontsource-variable/jetbrains-mono/wght.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/pages.css";
import { App } from "./app.tsx";
import { listenForKeys } from "./keys.ts";
import { chooseTheme, storedTheme } from "./theme.ts";

const place = document.getElementById("page");
if (place === null) throw new Error("index.html has no element with the id page");

chooseTheme(storedTheme());
listenForKeys();
createRoot(place).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
