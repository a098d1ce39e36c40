// What the theme lets only a mouse do, a keyboard can do too, and what it shows only as an icon has a name.
(() => {
  "use strict";
  const NAMES = { dock_to_right: "Show or hide the menu", unfold_more: "Your account", light_mode: "Light", dark_mode: "Dark", computer: "Colours of the page" };
  const PRESSED = "[x-on\\:click]:not(button, input, select, textarea, summary, a[href], [tabindex])";

  const nameOf = (part) => {
    const words = [...part.querySelectorAll("span, div")].filter((it) => !it.closest(".material-symbols-outlined")).map((it) => it.textContent.trim()).find(Boolean);
    const icon = (part.matches(".material-symbols-outlined") ? part : part.querySelector(".material-symbols-outlined"))?.textContent.trim();
    return words ? "" : NAMES[icon] || "";
  };

  const open = (part) => {
    // A backdrop closes what it lies behind; Escape does that.
    if (part.id === "changelist-filter-close" || part.matches("tr, td, .fixed.inset-0")) return;
    part.tabIndex = 0;
    if (!part.hasAttribute("role")) part.setAttribute("role", "button");
    const name = nameOf(part);
    if (name && !part.hasAttribute("aria-label")) part.setAttribute("aria-label", name);
    part.addEventListener("keydown", (event) => {
      if ((event.key !== "Enter" && event.key !== " ") || event.target !== part) return;
      event.preventDefault();
      part.click();
    });
  };

  const named = () => {
    for (const field of document.querySelectorAll(".select2-selection[role=combobox], .select2-search__field")) {
      const select = field.closest(".select2-container")?.previousElementSibling;
      const label = select?.labels?.[0]?.textContent.trim().replace(/\s*\*$/, "") || select?.getAttribute("aria-label");
      if (!label) continue;
      field.setAttribute("aria-label", label);
      // The theme's select says 'textbox' of its shown value, which is only text.
      const shown = field.querySelector(".select2-selection__rendered");
      shown?.removeAttribute("role");
      shown?.removeAttribute("aria-readonly");
    }
  };

  const filtered = () => {
    // The two lists of a picker are each narrowed down by a field that only hints at what it is.
    for (const field of document.querySelectorAll(".selector-filter input")) {
      const list = field.closest(".selector-available, .selector-chosen")?.querySelector("h2, label, .selector-available-title, .selector-chosen-title")?.textContent.trim();
      field.setAttribute("aria-label", list ? `${field.placeholder || "Filter"}: ${list}` : "Filter");
    }
  };

  const settled = () => {
    named();
    filtered();
    for (const tip of document.querySelectorAll(".help-tooltip[aria-label]")) tip.setAttribute("role", "img");
  };

  const start = () => {
    for (const part of document.querySelectorAll(PRESSED)) open(part);
    for (const icon of document.querySelectorAll(".material-symbols-outlined")) if (!icon.hasAttribute("role")) icon.setAttribute("aria-hidden", "true");
    document.getElementById("searchbar-submit")?.setAttribute("aria-label", "Search");
    document.getElementById("searchbar")?.setAttribute("aria-label", "Search this list");
    for (const link of document.querySelectorAll("a[title]")) if (!link.textContent.trim() || link.querySelector(".material-symbols-outlined")) link.setAttribute("aria-label", link.title);
    for (const link of document.querySelectorAll("a[href]:not([aria-label])")) {
      const icons = [...link.querySelectorAll(".material-symbols-outlined")].map((it) => it.textContent).join("");
      if (icons && link.textContent.replace(/\s/g, "") === icons.replace(/\s/g, "")) link.setAttribute("aria-label", NAMES[icons.trim()] || link.title || "Work list");
    }
    settled();
    // Pickers of dates, people and groups are put in place by scripts that may run later.
    window.addEventListener("load", () => [0, 50].forEach((after) => window.setTimeout(settled, after)));
  };

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.inc-more[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    // The theme closes its own menus on a press outside.
    document.body.click();
  });
  document.addEventListener("click", (event) => {
    // The filters open far from their button: the focus goes along.
    if (event.target.closest("[x-on\\:click^='filterOpen = true']")) window.setTimeout(() => document.querySelector("#changelist-filter :is(select, input:not([type=hidden]), button, a[href])")?.focus(), 150);
    for (const menu of document.querySelectorAll("details.inc-more[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
