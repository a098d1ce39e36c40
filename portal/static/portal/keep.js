// Nothing typed is lost: what is typed into a form marked data-keep stays in this browser until the server says it is saved, somebody
// signs out, or a day has passed. When the page comes back, after signing in again for instance, it offers to restore it.
(() => {
  "use strict";
  const PREFIX = "keep:";
  const A_DAY = 86400000;
  const PAUSE = 400;
  let signedOut = false;
  // By name, or by what the browser itself shall not remember: one-time codes, addresses that may hold a token.
  const SECRET = /pass|secret|token|code|otp|csrf/i;

  const keys = () => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  const read = (key) => {
    try { return JSON.parse(localStorage.getItem(key)); } catch { return null; }
  };
  const forget = (wanted) => { for (const key of keys()) if (wanted(read(key))) localStorage.removeItem(key); };

  const forgetWhatIsSaved = () => {
    const saved = document.cookie.match(/(?:^|; )saved_form=([0-9a-f]{32})/);
    if (saved) document.cookie = "saved_form=; path=/; max-age=0; samesite=lax";
    forget((entry) => !entry || !(Date.now() - entry.at < A_DAY) || (saved && entry.token === saved[1]));
  };

  const kept = (field) =>
    field.name && !field.name.startsWith("_") && !field.disabled && !SECRET.test(field.name) && !SECRET.test(field.autocomplete || "") &&
    field.autocomplete !== "off" &&
    !["hidden", "password", "file", "submit", "button", "reset", "image"].includes(field.type) && !field.name.includes("__prefix__");

  const valueOf = (field) => {
    if (field.type === "checkbox" || field.type === "radio") return field.checked;
    if (field.tagName === "SELECT") return [...field.selectedOptions].map((option) => [option.value, option.textContent.trim()]);
    return field.value;
  };
  // A radio button is one of several of its name.
  const nameOf = (field) => (field.type === "radio" ? `${field.name}=${field.value}` : field.name);
  const fieldsOf = (form) => new Map([...form.elements].filter(kept).map((field) => [nameOf(field), field]));
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

  // Rows of a form are told by their primary key, new ones by their place after the old ones.
  const hidden = (form, name) => [...form.elements].find((field) => field.name === name);
  const ROW = /^([A-Za-z_]+)-(\d+)-(.+)$/;

  const rowsOf = (form) => {
    const rows = { ids: {}, initial: {} };
    for (const field of form.elements) {
      if (/-\d+-id$/.test(field.name) && field.type === "hidden") rows.ids[field.name.slice(0, -3)] = field.value;
      if (field.name.endsWith("-INITIAL_FORMS")) rows.initial[field.name.slice(0, -14)] = Number(field.value);
    }
    return rows;
  };

  const addRow = (form, set) => {
    const count = () => Number(hidden(form, `${set}-TOTAL_FORMS`)?.value);
    const before = count();
    // The rows of rows come with buttons of their own, before it.
    const box = document.getElementById(`${set}-data`) || hidden(form, `${set}-TOTAL_FORMS`)?.closest(".formset, .formset-wrapper, .inline-related");
    [...(box?.querySelectorAll(".add-row") || [])].at(-1)?.click();
    return count() > before;
  };

  // Where a name of then stands in the form of now; null when its row is gone.
  const placeNow = (form, rows, name) => {
    let then = "";
    let now = "";
    let rest = name;
    for (let part = ROW.exec(rest); part; part = ROW.exec(rest)) {
      const [, set, number, more] = part;
      const old = `${then}${set}-${number}`;
      const id = rows.ids[old];
      let index = -1;
      const total = () => Number(hidden(form, `${now}${set}-TOTAL_FORMS`)?.value || 0);
      if (id) {
        for (let at = 0; at < total(); at += 1) if (hidden(form, `${now}${set}-${at}-id`)?.value === id) index = at;
      } else {
        index = Number(hidden(form, `${now}${set}-INITIAL_FORMS`)?.value || 0) + Number(number) - (rows.initial[`${then}${set}`] || 0);
        while (total() <= index) if (!addRow(form, `${now}${set}`)) return null;
      }
      if (index < 0) return null;
      then = `${old}-`;
      now = `${now}${set}-${index}-`;
      rest = more;
    }
    return now + rest;
  };

  const put = (field, value) => {
    if (field.type === "checkbox" || field.type === "radio") field.checked = value;
    else if (field.tagName === "SELECT") {
      for (const [key, words] of value) if (![...field.options].some((option) => option.value === key)) field.add(new Option(words, key));
      for (const option of field.options) option.selected = value.some(([key]) => key === option.value);
    } else field.value = value;
    for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
    if (field.tagName === "SELECT") window.django?.jQuery?.(field).trigger("change.select2");
  };

  const said = (value) => (Array.isArray(value) ? value.map(([, words]) => words).join(", ") : value === true ? "ticked" : value === false ? "not ticked" : value);
  const clock = (at) => {
    const then = new Date(at);
    const hour = then.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    return then.toDateString() === new Date().toDateString() ? hour : `${hour} on ${then.toLocaleDateString("en-GB", { day: "numeric", month: "short" })}`;
  };

  const button = (words, look, press) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = `ak-button ak-${look}`;
    made.textContent = words;
    made.addEventListener("click", press);
    return made;
  };
  const note = (place, words, ...more) => {
    const box = document.createElement("div");
    box.className = "ak-note ak-note-warning ak-kept";
    const line = document.createElement("p");
    line.textContent = words;
    box.append(line, ...more);
    place.replaceChildren(box);
    return box;
  };
  // Somebody was asked again who they are, and led back to the form that was sent.
  const ledBack = location.hash === "#kept";

  const start = () => {
    try { forgetWhatIsSaved(); } catch { return; } // A browser that keeps nothing.
    document.addEventListener("submit", (event) => {
      if (!/\/logout\/$/.test(event.target.action)) return;
      signedOut = true;
      forget(() => true);
    }, true);
    const place = document.getElementById("keep");
    if (!place) return;
    // Or the page that follows would be called so too.
    if (ledBack) history.replaceState(null, "", location.pathname + location.search);
    const forms = [...document.querySelectorAll("form[data-keep], form:has([data-keep-here])")];
    forms.forEach((form, number) => keep(form, place, `${PREFIX}${place.dataset.user}:${location.pathname}#${number}`));
  };

  const keep = (form, place, key) => {
    const token = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const first = new Map([...fieldsOf(form)].map(([name, field]) => [name, valueOf(field)]));
    let entry = read(key);
    let restored = [];
    let timer = 0;

    // What differs from the page as it came, and everything in rows that were added; what could not be put back stays kept.
    const save = () => {
      const typed = [...fieldsOf(form)].map(([name, field]) => [name, valueOf(field)]).filter(([name, value]) => !same(value, first.get(name)));
      const left = restored.filter(([name]) => !typed.some(([other]) => other === name));
      if (!typed.length || signedOut) return;
      try {
        localStorage.setItem(key, JSON.stringify({ at: Date.now(), token, rows: rowsOf(form), fields: [...typed, ...left] }));
      } catch { /* The store is full or closed: the page works on. */ }
    };
    const soon = () => {
      window.clearTimeout(timer);
      timer = window.setTimeout(save, PAUSE);
    };

    const restore = () => {
      const { at, rows, fields } = entry;
      const left = [];
      let focus = null;
      for (const [name, value] of fields) {
        const now = placeNow(form, rows, name);
        const field = now === null ? null : fieldsOf(form).get(now);
        if (field) put(field, value);
        else left.push([name, value]);
        focus = focus || field;
      }
      restored = left;
      entry = null;
      save();
      const box = note(place, `What you typed at ${clock(at)} is back in the form. It is not saved yet.`);
      if (left.length) {
        const list = document.createElement("ul");
        for (const [name, value] of left) list.append(Object.assign(document.createElement("li"), { textContent: `${name}: ${said(value)}` }));
        box.append(Object.assign(document.createElement("p"), { textContent: "These have no place in the form any more:" }), list);
      }
      for (let part = focus?.parentElement; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
      focus?.focus();
    };
    const discard = () => {
      entry = null;
      localStorage.removeItem(key);
      note(place, "Discarded what you typed before.");
      form.querySelector("input:not([type=hidden]), select, textarea")?.focus();
    };

    form.addEventListener("input", soon);
    form.addEventListener("change", soon);
    window.django?.jQuery?.(form).on("change", "select", soon);
    window.addEventListener("pagehide", save);
    form.addEventListener("submit", () => {
      let mark = hidden(form, "_keep");
      if (!mark) {
        mark = Object.assign(document.createElement("input"), { type: "hidden", name: "_keep" });
        form.append(mark);
      }
      mark.value = token;
      save();
    });

    if (!entry) return;
    const differs = entry.fields.some(([name, value]) => !same(value, first.get(name)));
    if (!differs) {
      // The server shows it again because it refused it. It is not saved, so it stays kept, under this page's token.
      restored = entry.fields;
      localStorage.setItem(key, JSON.stringify({ ...entry, token }));
      return;
    }
    const verbs = Object.assign(document.createElement("div"), { className: "ak-verbs" });
    verbs.append(button(`Restore what you typed at ${clock(entry.at)}`, "primary", restore), button("Discard it", "default", discard));
    note(place, `You typed something here at ${clock(entry.at)} that was not saved.`, verbs);
    if (ledBack) restore();
  };

  // Who types first edits the draft; the others are told at once and not when they save.
  const lock = () => {
    for (const told of document.querySelectorAll("[data-lock]")) {
      for (const form of document.querySelectorAll("form[data-keep], form:has([data-keep-here])")) {
        form.addEventListener("input", async () => {
          const sent = new FormData();
          sent.append("csrfmiddlewaretoken", hidden(form, "csrfmiddlewaretoken").value);
          try {
            const answer = await fetch(told.dataset.lock, { method: "POST", body: sent, credentials: "same-origin" });
            const known = answer.headers.get("content-type")?.includes("json") && !answer.redirected;
            told.textContent = known ? (await answer.json()).words : "You are signed out by now. What you type stays in this browser: sign in again in another tab, then save.";
            told.className = `ak-note ak-lock-told${answer.ok && known ? "" : " ak-note-warning"}`;
          } catch { /* The save will tell. */ }
        }, { once: true });
      }
    }
  };

  // After the scripts of the theme, which put fields and rows in place.
  window.addEventListener("load", () => { start(); lock(); });
})();
