// The page's own behaviour: the address, and the arrow keys. No request is made here.
window.mentalbench = {
  // Keep parameters that are not ours (such as Gradio's __theme), replace the rest.
  address(query) {
    const kept = new URLSearchParams(location.search);
    const next = new URLSearchParams(query);
    for (const [name, value] of kept) if (name.startsWith("__")) next.set(name, value);
    const text = next.toString();
    history.replaceState(history.state, "", location.pathname + (text ? "?" + text : ""));
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
