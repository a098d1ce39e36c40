// Judging entries without loading a page. Each mark stands in this browser until the server says it is saved: a lost connection or an ended
// session loses none, and what waits is sent as soon as the page is opened again by the same person.
(() => {
  "use strict";
  const box = document.querySelector("[data-review]");
  if (!box) return;
  const AHEAD = 8; // Fewer entries than this after the present one, and the next ones are fetched.
  const AT_MOST = 25; // So many marks are sent at once, without waiting for more.
  const PAUSE = 20000;
  const RETRY = 5000;
  const KEY = `review:${box.dataset.user}:${box.dataset.period}`;
  const WORDS = { reviewed: "Reviewed", follow_up: "Needs follow-up", false_alarm: "False alarm", "": "Taken back" };
  const part = (name) => box.querySelector(`[data-${name}]`);
  const list = part("list");
  const form = part("form");
  if (!list || !form) return;
  const note = part("note");
  const entries = new Map(); // By key of the item, in the order of the list.
  const undo = [];
  const pace = [];
  let at = 0;
  let asked = ""; // A mark that waits for its note.
  let token = form.elements.csrfmiddlewaretoken.value;
  let counts = { drawn: 0, left: 0, judged: 0 };
  let sending = false;
  let fetching = false;
  let complete = false;
  let outrun = false; // Everything in the list is judged, and more entries are on their way.
  let timer = 0;
  let number = 0;

  const read = () => {
    try { return JSON.parse(localStorage.getItem(KEY)) || {}; } catch { return {}; }
  };
  let queue = read();
  const keep = () => {
    try {
      if (Object.keys(queue).length) localStorage.setItem(KEY, JSON.stringify(queue));
      else localStorage.removeItem(KEY);
    } catch { /* A browser that keeps nothing: what is shown is sent all the same. */ }
    const waiting = Object.keys(queue).length;
    part("unsaved").textContent = waiting ? `${waiting} not saved yet` : "Everything is saved";
  };
  const say = (words) => { part("said").textContent = words; };
  const trouble = (words, link) => {
    const place = part("trouble");
    place.replaceChildren();
    if (!words) return;
    const told = Object.assign(document.createElement("p"), { className: "ak-note ak-note-warning", textContent: `${words} ` });
    if (link) told.append(Object.assign(document.createElement("a"), { href: link, textContent: "Sign in again" }));
    place.append(told);
  };

  // What is shown.
  const many = (count, one, more) => `${count.toLocaleString("en-GB")} ${count === 1 ? one : more}`;
  const tally = () => {
    // What waits here counts as judged, as the reviewer sees it.
    const waiting = Object.values(queue).reduce((sum, one) => sum + (one.mark ? 1 : 0) - (one.was ? 1 : 0), 0);
    const judged = Math.min(Math.max(counts.judged + waiting, 0), counts.drawn);
    const left = counts.drawn - judged;
    part("bar").value = judged;
    part("count").textContent = `${judged.toLocaleString("en-GB")} of ${counts.drawn.toLocaleString("en-GB")}`;
    part("first-line").textContent = left ? `${left.toLocaleString("en-GB")} of ${many(counts.drawn, "entry is", "entries are")} left.` : "Every entry is judged.";
    while (pace.length && Date.now() - pace[0] > 300000) pace.shift();
    const minutes = pace.length > 1 ? Math.max((Date.now() - pace[0]) / 60000, 1 / 60) : 0;
    const rate = minutes ? pace.length / minutes : 0;
    part("pace").textContent = pace.length > 4 ? `${Math.round(rate)} a minute${left ? `, about ${many(Math.max(Math.round(left / rate), 1), "minute", "minutes")} to go` : ""}` : "";
  };
  const parsed = (html) => {
    const made = document.createElement("template");
    made.innerHTML = html; // From our own server, which escapes what people typed.
    return made.content;
  };
  const rowOf = (key) => list.querySelector(`[data-item="${key}"]`);
  const mark = (entry) => {
    const row = rowOf(entry.id);
    if (!row) return;
    if (entry.mark) row.dataset.mark = entry.mark;
    else delete row.dataset.mark;
    row.querySelector("[data-mark-words]").textContent = entry.problem ? "not saved" : entry.mark ? WORDS[entry.mark].toLowerCase() : "";
  };
  const add = (told) => {
    const waiting = queue[told.id];
    const entry = { ...told, ...(waiting ? { mark: waiting.mark, note: waiting.note } : {}) };
    const known = entries.get(told.id);
    entries.set(told.id, known ? Object.assign(known, { entry: told.entry, said: told.said }) : entry);
    let row = rowOf(told.id);
    if (!row) {
      row = Object.assign(document.createElement("li"), {});
      row.dataset.item = told.id;
      const link = Object.assign(document.createElement("a"), { href: `?item=${told.id}` });
      link.append(parsed(told.line));
      row.append(link);
      list.append(row);
    }
    mark(entries.get(told.id));
  };
  const show = (key, focus = true) => {
    const entry = entries.get(key);
    if (!entry) return;
    at = key;
    asked = "";
    for (const link of list.querySelectorAll("[aria-current]")) link.removeAttribute("aria-current");
    const link = rowOf(key).querySelector("a");
    link.setAttribute("aria-current", "true");
    link.scrollIntoView({ block: "nearest" });
    part("entry").replaceChildren(parsed(entry.entry));
    form.elements.item.value = key;
    note.value = entry.note || "";
    note.removeAttribute("aria-invalid");
    part("undo").hidden = !entry.mark && !undo.length;
    if (entry.problem) trouble(entry.problem);
    if (focus) part("entry").querySelector("#rw-heading")?.focus({ preventScroll: true });
    more();
  };
  const keys = () => [...entries.keys()];
  const step = (by) => {
    const order = keys();
    const next = order[order.indexOf(at) + by];
    if (next !== undefined) show(next);
    else say(by > 0 ? "This is the last entry of the list." : "This is the first entry of the list.");
  };
  const nextOpen = () => {
    const order = keys();
    const here = order.indexOf(at);
    return [...order.slice(here + 1), ...order.slice(0, here)].find((key) => !entries.get(key).mark);
  };

  // What is fetched.
  const answered = async (answer) => {
    const known = (answer.headers.get("content-type") || "").includes("json") && !answer.redirected;
    return known ? await answer.json() : null;
  };
  const signedOut = () => {
    const waiting = Object.keys(queue).length;
    trouble(`You are signed out. ${waiting ? `${many(waiting, "mark waits", "marks wait")} in this browser and ${waiting === 1 ? "is" : "are"} saved as soon as you are back.` : ""}`, box.dataset.signIn);
  };
  const more = async () => {
    const order = keys();
    const ahead = order.slice(order.indexOf(at) + 1).filter((key) => !entries.get(key).mark).length;
    if (fetching || complete || ahead > AHEAD) return;
    fetching = true;
    try {
      const last = Math.max(-1, ...[...entries.values()].map((entry) => entry.place));
      const told = await answered(await fetch(`${box.dataset.entries}?after=${last}`, { credentials: "same-origin" }));
      if (!told) { signedOut(); return; }
      token = told.csrf;
      counts = told;
      told.entries.forEach(add);
      complete = !told.entries.length;
      if (complete) box.querySelector("[data-more]")?.remove();
    } catch {
      window.setTimeout(more, RETRY);
    } finally {
      fetching = false;
      tally();
      if (outrun) onwards();
    }
  };
  const onwards = () => {
    const next = nextOpen();
    outrun = next === undefined && !complete;
    if (next !== undefined) show(next);
    else if (outrun) more();
    else say("This was the last one.");
  };
  const first = async () => {
    const told = await answered(await fetch(box.dataset.entries, { credentials: "same-origin" }));
    if (!told) { signedOut(); return; }
    token = told.csrf;
    counts = told;
    told.entries.forEach(add);
    // Rows that came with the page and are not to be judged any more.
    for (const row of list.querySelectorAll("li")) if (!entries.has(Number(row.dataset.item))) row.remove();
    box.querySelector("[data-more]")?.remove();
    part("steps").hidden = false;
    const wanted = Number(form.elements.item.value);
    show(entries.has(wanted) && !entries.get(wanted).mark ? wanted : nextOpen() || wanted || keys()[0], false);
    keep();
    tally();
  };

  // What is sent.
  const send = async (again = true, leaving = false) => {
    window.clearTimeout(timer);
    timer = 0;
    if (sending || !Object.keys(queue).length) return;
    sending = true;
    const batch = Object.entries(queue).sort((one, other) => one[1].n - other[1].n).slice(0, 100);
    const marks = batch.map(([key, one]) => ({ item: Number(key), mark: one.mark, note: one.note }));
    let retry = false;
    try {
      const answer = await fetch(box.dataset.marks, {
        method: "POST", credentials: "same-origin", keepalive: leaving,
        headers: { "Content-Type": "application/json", "X-CSRFToken": token }, body: JSON.stringify({ marks }),
      });
      const told = await answered(answer);
      if (!told) {
        // Signed in anew in another tab: the page's token is of the session before.
        const fresh = again && answer.status === 403 ? await answered(await fetch(box.dataset.entries, { credentials: "same-origin" })) : null;
        if (!fresh) { signedOut(); return; }
        token = fresh.csrf;
        retry = true;
        return;
      }
      if (!answer.ok) { trouble(`${told.message} ${many(marks.length, "mark stays", "marks stay")} in this browser.`); return; }
      for (const [key, one] of batch) {
        if (queue[key] && queue[key].n !== one.n) {
          // Judged anew meanwhile: that is still to be sent, and counts from what the server knows by now.
          if (!told.refused[key]) queue[key].was = one.mark;
          continue;
        }
        delete queue[key];
        const why = told.refused[key];
        const entry = entries.get(Number(key));
        if (!why) { if (entry) entry.problem = ""; continue; }
        if (entry) {
          entry.problem = why;
          entry.mark = one.was || "";
          mark(entry);
        }
        trouble(`${entry ? `“${entry.said}”` : "An entry"} is not saved: ${why}`);
      }
      if (!Object.keys(told.refused).length) trouble("");
      counts = told;
      complete = complete && told.left === 0;
    } catch {
      trouble("The connection is lost. Your marks stay in this browser and are sent again.");
      timer = window.setTimeout(send, RETRY);
    } finally {
      sending = false;
      keep();
      tally();
      if (retry) send(false);
      else if (Object.keys(queue).length >= AT_MOST && !timer) soon(0);
    }
  };
  const soon = (wait) => {
    if (wait === 0) window.clearTimeout(timer);
    else if (timer) return;
    timer = window.setTimeout(send, wait);
  };
  const put = (entry, said, words) => {
    queue[entry.id] = { mark: said, note: words, n: Date.now() * 1000 + (number += 1) % 1000, was: queue[entry.id] ? queue[entry.id].was : entry.mark };
    entry.mark = said;
    entry.note = words;
    entry.problem = "";
    keep();
    mark(entry);
    tally();
    soon(Object.keys(queue).length >= AT_MOST ? 0 : PAUSE);
  };

  // What somebody does.
  const judge = (said, stay) => {
    const entry = entries.get(at);
    if (!entry) return;
    const words = note.value.trim();
    if (said === "follow_up" && !words) {
      asked = said;
      note.setAttribute("aria-invalid", "true");
      note.focus();
      say("Say in the note what is to be followed up, then press Enter.");
      return;
    }
    undo.push({ id: entry.id, mark: entry.mark, note: entry.note || "" });
    put(entry, said, words);
    pace.push(Date.now());
    const next = nextOpen();
    if (next === undefined) {
      show(entry.id, false);
      send();
      onwards();
      return;
    }
    show(next, !stay);
    const judged = part("count").textContent;
    say(`${WORDS[said]}. ${judged}. ${stay ? `Next: ${entries.get(next).said}` : ""}`);
  };
  const takeBack = () => {
    const last = undo.pop();
    const entry = last ? entries.get(last.id) : entries.get(at);
    if (!entry || (!last && !entry.mark)) { say("There is nothing to take back."); return; }
    put(entry, last ? last.mark : "", last ? last.note : "");
    pace.pop();
    show(entry.id);
    say(`Taken back: ${entry.said}`);
  };

  form.addEventListener("submit", (event) => {
    if (!entries.has(at)) return; // Not ready yet: the form goes as forms do.
    event.preventDefault();
    const said = event.submitter ? event.submitter.value : "reviewed";
    if (said === "") takeBack();
    else judge(said, true);
  });
  for (const button of box.querySelectorAll("[data-step]")) button.addEventListener("click", () => step(Number(button.dataset.step)));
  list.addEventListener("click", (event) => {
    const row = event.target.closest("[data-item]");
    if (!row || event.ctrlKey || event.metaKey || event.shiftKey || !entries.has(Number(row.dataset.item))) return;
    event.preventDefault();
    show(Number(row.dataset.item));
  });
  note.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      asked = "";
      note.removeAttribute("aria-invalid");
      part("entry").querySelector("#rw-heading")?.focus({ preventScroll: true });
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      const entry = entries.get(at);
      if (asked) judge(asked);
      else if (entry?.mark && note.value.trim() !== entry.note) {
        put(entry, entry.mark, note.value.trim());
        say("The note is kept.");
      } else part("entry").querySelector("#rw-heading")?.focus({ preventScroll: true });
    }
  });

  const PRESSED = {
    j: () => step(1), k: () => step(-1), r: () => judge("reviewed"), f: () => judge("follow_up"), a: () => judge("false_alarm"), n: () => note.focus(), u: takeBack,
  };
  const shortcuts = part("shortcuts");
  try { shortcuts.checked = localStorage.getItem("review-keys") !== "off"; } catch { /* They are on. */ }
  shortcuts.addEventListener("change", () => {
    try { localStorage.setItem("review-keys", shortcuts.checked ? "on" : "off"); } catch { /* For this page only. */ }
  });
  document.addEventListener("keydown", (event) => {
    const typed = event.target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");
    if (typed || event.ctrlKey || event.altKey || event.metaKey || event.repeat || !shortcuts.checked) return;
    const does = PRESSED[event.key.toLowerCase()];
    if (!does) return;
    event.preventDefault();
    does();
  });

  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") send(true, true); });
  window.addEventListener("pagehide", () => send(true, true));
  window.addEventListener("online", () => send());
  first().then(() => {
    const waiting = Object.keys(queue).length;
    if (!waiting) return;
    say(`${many(waiting, "mark", "marks")} of before ${waiting === 1 ? "is" : "are"} being saved.`);
    send();
  }).catch(() => trouble("The entries cannot be read now. The page works without them: use its buttons, or load it again."));
})();
