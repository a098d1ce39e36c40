// A line of the log opens where it stands. Without this, its link leads to the event's own page.
document.addEventListener("DOMContentLoaded", () => {
  "use strict";
  const log = document.querySelector(".tr-log");
  if (!log) return;
  for (const link of log.querySelectorAll("a[data-line]")) link.setAttribute("aria-expanded", "false");
  const say = (link, opened) => {
    link.setAttribute("aria-expanded", String(opened));
    link.firstChild.textContent = opened ? "Close" : "Open";
  };
  log.addEventListener("click", async (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[data-line]") : null;
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    const row = link.closest("tr");
    const details = row.nextElementSibling;
    if (details && details.classList.contains("tr-details")) {
      details.hidden = !details.hidden;
      say(link, !details.hidden);
      return;
    }
    if (link.hasAttribute("aria-busy")) return;
    link.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(link.dataset.line, { credentials: "same-origin" });
      if (!answer.ok || answer.redirected) throw new Error("not shown");
      const part = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".tr-opened");
      const cell = document.createElement("td");
      cell.colSpan = row.cells.length;
      cell.append(part);
      const opened = document.createElement("tr");
      opened.className = "tr-details";
      opened.append(cell);
      row.after(opened);
      say(link, true);
    } catch {
      window.location.assign(link.href);
    } finally {
      link.removeAttribute("aria-busy");
    }
  });
});
