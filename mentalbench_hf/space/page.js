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
document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
  const target = { ArrowLeft: "#mb-previous", ArrowRight: "#mb-next" }[event.key];
  const used = "input, textarea, select, [contenteditable], [role=tab], [role=radio], [role=slider], [role=listbox], [role=combobox], .mb-scroll";
  if (!target || event.target.closest?.(used)) return;
  const button = document.querySelector(target);
  if (button && button.offsetParent !== null && !button.disabled) { event.preventDefault(); button.click(); }
});
