// While work is under way, fetches its part of the page every second and a half. The page works without it.
document.addEventListener("DOMContentLoaded", () => {
  "use strict";
  const EVERY = 1500;
  const look = async () => {
    const part = document.querySelector("[data-progress-live]");
    if (!part) return;
    if (document.visibilityState === "visible") {
      try {
        const answer = await fetch(part.dataset.progress, { credentials: "same-origin" });
        if (answer.redirected || answer.status === 403 || answer.status === 404) return;
        if (answer.ok) {
          const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
          if (fresh) {
            part.toggleAttribute("data-progress-live", fresh.hasAttribute("data-progress-live"));
            // What is read aloud stays the same element, so that a change in it is heard.
            const status = part.querySelector("[role=status]");
            const now = fresh.querySelector("[role=status]");
            if (status && now) {
              status.replaceChildren(...now.childNodes);
              now.replaceWith(status);
            }
            part.replaceChildren(...fresh.childNodes);
          }
        }
      } catch {
        // The next round tries again.
      }
    }
    window.setTimeout(look, EVERY);
  };
  window.setTimeout(look, EVERY);
});
