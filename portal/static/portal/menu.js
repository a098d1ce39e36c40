// The sections of the menu stay as the reader left them, in this browser; the one of the page that is shown is open in any case.
(() => {
  "use strict";
  const start = () => {
    for (const part of document.querySelectorAll("#nav-sidebar-apps details[data-part]")) {
      const key = `menu:${part.dataset.part}`;
      const left = localStorage.getItem(key);
      if (left && !part.querySelector("[aria-current]")) part.open = left === "open";
      part.querySelector("summary").addEventListener("click", () => localStorage.setItem(key, part.open ? "closed" : "open"));
    }
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
