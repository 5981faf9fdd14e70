// The page's own behaviour: the address, and the arrow keys. No request is made here.
window.mentalbench = {
  // The tab Compare owns the address but for these and for Gradio's own (such as __theme).
  others: ["tab", "level"],
  replace(params) {
    const text = params.toString();
    history.replaceState(history.state, "", location.pathname + (text ? "?" + text : ""));
  },
  address(query) {
    const next = new URLSearchParams(query);
    for (const [name, value] of new URLSearchParams(location.search))
      if (name.startsWith("__") || this.others.includes(name)) next.set(name, value);
    this.replace(next);
  },
  set(name, value, usual) {
    const params = new URLSearchParams(location.search);
    if (value === usual) params.delete(name); else params.set(name, value);
    this.replace(params);
  },
  // Bring the card that a button names to the top, once it is laid out: what was opened by an
  // address is not on the screen yet.
  go(button) {
    const card = button && document.getElementById(button.dataset.goto)?.closest(".mb-card");
    if (!card) return;
    const laid = new ResizeObserver(() => {
      if (card.offsetParent === null) return;
      laid.disconnect();
      card.scrollIntoView({ block: "start" });
    });
    laid.observe(card);
  },
  // Sort the rows of a table by the column of the button, by number where a cell starts with one.
  sort(button) {
    const head = button.closest("th"), body = head.closest("table").tBodies[0];
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const value = (row) => {
      const text = row.cells[head.cellIndex].textContent.replace("\u2212", "-").replace(/^[^\w-]+/, "").replace(/,(?=\d{3})/g, "");
      return [parseFloat(text), text];
    };
    const compare = ([a, x], [b, y]) => Number.isNaN(a) - Number.isNaN(b) || (a === b || Number.isNaN(a) ? x.localeCompare(y) : a - b);
    const rows = [...body.rows].map((row) => [value(row), row]);
    rows.sort(([a], [b]) => (down ? -1 : 1) * compare(a, b)).forEach(([, row]) => body.append(row));
  },
  // Save a text that the server made as a file of the reader's.
  save(name, text) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  },
  // Give the attribute in focus, or the first without a rating, the rating of a key; go on to the
  // next without one. False when the tab is not open or all is rated.
  rate(key) {
    const groups = [...document.querySelectorAll(".mb-radio")].filter((g) => g.offsetParent !== null);
    const open = (g) => !g.querySelector("input:checked");
    const here = groups.find((g) => g.contains(document.activeElement)) ?? groups.find(open);
    const radio = here?.querySelector(`input[value="${key}"]`);
    if (!radio) return false;
    radio.click();
    const at = groups.indexOf(here), later = [...groups.slice(at + 1), ...groups.slice(0, at)].find(open);
    (later ? later.querySelector("input") : document.querySelector("#mb-rate-resume")).focus();
    return true;
  },
  // Where the text to rate stops: at the top, or, if it is higher than the window, at its lower end.
  stick() {
    for (const column of document.querySelectorAll(".mb-rate > .column:first-child"))
      column.style.setProperty("--mb-top", `${Math.min(56, innerHeight - column.offsetHeight - 8)}px`);
  },
  async copy() {
    const button = document.querySelector("#mb-copy");
    let label = "Link copied";
    try { await navigator.clipboard.writeText(location.href); } catch { label = "Copy it from the address bar"; }
    if (!button) return;
    const before = button.textContent;
    button.textContent = label;
    setTimeout(() => { button.textContent = before; }, 2000);
  },
};
document.addEventListener("click", (event) => {
  const go = event.target.closest?.(".mb-go"), sort = event.target.closest?.(".mb-sort");
  if (go) window.mentalbench.go(go);
  if (sort) window.mentalbench.sort(sort);
  if (event.target.closest?.(".mb-open")) document.querySelector("#mb-rate-text")?.scrollIntoView();
});
addEventListener("resize", () => window.mentalbench.stick());
document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
  const typed = "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable], [role=listbox], [role=combobox]";
  if (/^[1-5]$/.test(event.key) && !event.target.closest?.(typed) && window.mentalbench.rate(event.key)) event.preventDefault();
  const target = { ArrowLeft: "#mb-previous", ArrowRight: "#mb-next" }[event.key];
  const used = "input, textarea, select, [contenteditable], [role=tab], [role=radio], [role=slider], [role=listbox], [role=combobox], .mb-scroll";
  if (!target || event.target.closest?.(used)) return;
  const button = document.querySelector(target);
  if (button && button.offsetParent !== null && !button.disabled) { event.preventDefault(); button.click(); }
});
