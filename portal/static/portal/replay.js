// While a replay is under way, fetches its panel every second and a half. The page works without it; what is being edited stays.
document.addEventListener("DOMContentLoaded", () => {
  "use strict";
  const EVERY = 1500;
  const look = async () => {
    const panel = document.querySelector("[data-replay-live]");
    if (!panel) return;
    if (document.visibilityState === "visible") {
      try {
        const answer = await fetch(panel.dataset.replay, { credentials: "same-origin" });
        if (answer.redirected || answer.status === 403 || answer.status === 404) return;
        if (answer.ok) {
          const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#replay");
          if (fresh) {
            panel.toggleAttribute("data-replay-live", fresh.hasAttribute("data-replay-live"));
            panel.replaceChildren(...fresh.childNodes);
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
