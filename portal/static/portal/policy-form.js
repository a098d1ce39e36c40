// A version's form: sections stay as they were left, units follow the measure, and nothing typed is lost when a row goes.
// The form of a policy: only the subject that its scope asks for. Everything works without this file.
(() => {
  "use strict";
  const KEY = "sections:" + location.pathname;

  const remembered = () => {
    try { return JSON.parse(sessionStorage.getItem(KEY) || "[]"); } catch { return []; }
  };

  const sections = () => {
    const all = [...document.querySelectorAll("details[data-section]")];
    const open = remembered();
    for (const part of all) {
      if (open.includes(part.dataset.section)) part.open = true;
      part.addEventListener("toggle", () => {
        try { sessionStorage.setItem(KEY, JSON.stringify(all.filter((it) => it.open).map((it) => it.dataset.section))); } catch { /* private window */ }
      });
    }
    const shown = () => {
      const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
      const part = target && target.closest("details[data-section]");
      if (part) { part.open = true; target.focus({ preventScroll: true }); part.scrollIntoView(); }
    };
    window.addEventListener("hashchange", shown);
    for (const link of document.querySelectorAll(".pf-index a")) link.addEventListener("click", () => window.setTimeout(shown, 0));
    const wrong = document.querySelector("details[data-section] .errors, details[data-section] .pf-cell-wrong");
    if (wrong) wrong.closest("details[data-section]").scrollIntoView();
    else shown();
  };

  // The theme moves rows by their HTML, which knows nothing of what was typed since.
  const written = (root) => {
    for (const field of root.querySelectorAll("input, textarea, option")) {
      if (field.matches("textarea")) field.textContent = field.value;
      else if (field.matches("option")) field.toggleAttribute("selected", field.selected);
      else if (field.matches("[type=checkbox], [type=radio]")) field.toggleAttribute("checked", field.checked);
      else field.setAttribute("value", field.value);
    }
  };

  document.addEventListener("click", (event) => {
    const press = event.target.closest(".delete-template, .add-row");
    if (press) for (const row of press.closest(".formset")?.querySelectorAll(":scope > .form-group:not(.empty-form)") || []) written(row);
  }, true);

  document.addEventListener("change", (event) => {
    const option = event.target.selectedOptions?.[0];
    if (option && "unit" in option.dataset) {
      const unit = event.target.closest(".form-row")?.querySelector(".pf-unit");
      if (unit) unit.textContent = option.dataset.unit;
    }
  });

  const scope = () => {
    const chosen = document.querySelector("form select[name=scope]");
    if (!chosen) return;
    const show = () => {
      for (const name of ["service", "tier", "business_unit"]) {
        const field = document.querySelector(`form [name=${name}]`);
        const row = field?.closest(".field-" + name) || field?.closest(".form-row");
        if (row && !row.querySelector(".errorlist")) row.hidden = name !== chosen.value;
        if (field && name !== chosen.value && !row?.querySelector(".errorlist")) field.value = "";
      }
    };
    chosen.addEventListener("change", show);
    show();
  };

  const start = () => { sections(); scope(); };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
