// Keys for deciding row by row, and one tick for all rows of the page. Without it every row has its own buttons.
document.addEventListener("DOMContentLoaded", () => {
  "use strict";
  const form = document.querySelector("[data-decide]");
  const all = form?.querySelector("[data-all]");
  if (!all) return;
  all.closest("label").hidden = false;
  form.querySelector(".dir-keys").hidden = false;
  all.addEventListener("change", () => {
    for (const box of form.querySelectorAll("[name=selected]")) box.checked = all.checked;
  });
  // Applying takes what was noted: a choice that was not noted yet is not lost in silence.
  let noted = true;
  form.addEventListener("change", (event) => { if (event.target.type === "radio") noted = false; });
  form.addEventListener("submit", () => { noted = true; });
  window.addEventListener("beforeunload", (event) => { if (!noted) event.preventDefault(); });
  const rows = [...form.querySelectorAll("[data-row]")];
  const go = (row) => row?.querySelector("input[type=radio]:checked, input[type=radio]")?.focus();
  const choose = (row, value) => {
    const radio = row.querySelector(`input[type=radio][value="${value}"]`);
    radio.checked = true;
    noted = false;
    radio.focus();
  };
  form.addEventListener("keydown", (event) => {
    const row = event.target.closest("[data-row]");
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = rows.indexOf(row);
    const does = { t: () => choose(row, "take"), o: () => choose(row, "keep"), j: () => go(rows[at + 1]), k: () => go(rows[at - 1]) }[event.key.toLowerCase()];
    if (!does) return;
    event.preventDefault();
    does();
  });
});
