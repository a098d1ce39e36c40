// Keeps an incident's page current: counts down, and fetches the changing parts every few seconds. The page works without it.
(() => {
  "use strict";
  const page = document.querySelector("[data-live]");
  if (!page) return;
  const EVERY = 5000;
  let stamp = page.dataset.stamp;
  let failures = 0;
  let round = 0;
  // '3 min ago' grows old although nothing happened: about once a minute the parts are fetched in any case.
  const ROUNDS_A_MINUTE = 12;

  const inWords = (seconds) => {
    if (seconds <= 0) return "now";
    const parts = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
    const said = [];
    for (const [size, unit] of parts) {
      const amount = Math.floor(seconds / size);
      seconds -= amount * size;
      if (amount || (said.length && unit === "s")) said.push(`${amount} ${unit}`);
    }
    return `in ${said.slice(0, 2).join(" ")}`;
  };

  const tick = () => {
    for (const clock of page.querySelectorAll("[data-until]")) {
      clock.textContent = inWords(Math.round((Date.parse(clock.dataset.until) - Date.now()) / 1000));
    }
  };

  const busy = (part) => part.contains(document.activeElement) && document.activeElement !== document.body;

  const renew = (text) => {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    const before = page.querySelector(".story > li .story-text")?.textContent;
    let complete = true;
    for (const part of page.querySelectorAll("[data-part]")) {
      const replacement = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
      const menu = part.querySelector("details[open].inc-more");
      // Somebody is about to press something there: it waits for the next round.
      if (!replacement || menu || busy(part)) {
        complete = false;
        continue;
      }
      part.replaceChildren(...replacement.childNodes);
    }
    const after = page.querySelector(".story > li .story-text")?.textContent;
    if (after && after !== before) document.getElementById("inc-said").textContent = after;
    tick();
    return complete;
  };

  const look = async () => {
    if (document.visibilityState !== "visible") return;
    try {
      round += 1;
      const headers = round % ROUNDS_A_MINUTE ? { "If-None-Match": `"${stamp}"` } : {};
      const answer = await fetch(page.dataset.live, { headers, credentials: "same-origin" });
      if (answer.redirected || answer.status === 403 || answer.status === 404) return window.clearInterval(looking);
      failures = 0;
      if (answer.status !== 200) return;
      const complete = renew(await answer.text());
      if (complete) stamp = (answer.headers.get("ETag") || "").replaceAll('"', "").replace(/^W\//, "");
    } catch {
      failures += 1;
      if (failures === 3) document.getElementById("inc-said").textContent = "The connection is lost. What you see may be old.";
    }
  };

  const looking = window.setInterval(look, EVERY);
  window.setInterval(tick, 1000);
  tick();
})();
