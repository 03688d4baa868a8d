// The few things that HTML cannot say: theme, pausing polls, lines of a form, copying.
(() => {
  const store = "cesai-theme";
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;

  function kept() {
    try { return localStorage.getItem(store); } catch { return null; }
  }
  function paint() {
    root.dataset.bsTheme = kept() ?? (dark.matches ? "dark" : "light");
  }
  paint(); // before the body is drawn, so that nothing flashes
  dark.addEventListener("change", paint);

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button) actions[button.dataset.do]?.(button, event);
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      const dialog = document.getElementById("finder");
      if (dialog?.showModal && !dialog.open) {
        event.preventDefault();
        actions.find();
      }
    }
    const hits = event.target.closest?.("#finder");
    if (hits && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      const stops = [hits.querySelector("input"), ...hits.querySelectorAll("#finder-hits a")];
      const next = stops.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
      event.preventDefault();
      stops[Math.min(Math.max(next, 0), stops.length - 1)].focus();
    }
    const menu = event.key === "Escape" && event.target.closest("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  const actions = {
    theme() {
      const next = root.dataset.bsTheme === "dark" ? "light" : "dark";
      try { localStorage.setItem(store, next); } catch { /* private window: until reload */ }
      root.dataset.bsTheme = next;
    },
    find(link, event) {
      const dialog = document.getElementById("finder");
      if (!dialog?.showModal || event?.ctrlKey || event?.metaKey) return;
      event?.preventDefault();
      dialog.showModal();
      dialog.querySelector("input").select();
    },
    close(button) { button.closest("dialog").close(); },
    print() { window.print(); },
    copy(button) {
      const text = document.getElementById(button.dataset.from).textContent;
      navigator.clipboard.writeText(text.trim()).then(() => say(button.dataset.done));
    },
    chip(button) {
      const field = document.getElementById(button.dataset.into);
      const words = button.dataset.more !== undefined && field.value.trim();
      field.value = words ? `${field.value.trim()}, ${button.dataset.value}` : button.dataset.value;
      field.focus();
      field.dispatchEvent(new Event("change", { bubbles: true })); // as if it had been typed
    },
  };

  // On a narrow screen the choices to narrow a list by would stand before the list itself.
  document.addEventListener("DOMContentLoaded", () => {
    if (!matchMedia("(max-width: 1019px)").matches) return;
    for (const part of document.querySelectorAll("details.facets")) part.open = false;
  });

  // Pages without a chart do not load what draws them.
  document.addEventListener("DOMContentLoaded", async () => {
    if (!document.querySelector("figure[data-chart]")) return;
    for (const address of document.querySelector("meta[name=charts]").content.split(" ")) {
      const script = document.createElement("script");
      script.src = address;
      await new Promise((done) => { script.onload = done; document.head.append(script); });
    }
  });

  function say(text) {
    const place = document.getElementById("said");
    if (place && place.textContent !== text) place.textContent = text;
  }

  // Two clicks are one intent.
  document.addEventListener("submit", (event) => {
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = "yes";
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  // A hidden tab asks nothing; when it is shown again it asks at once.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && event.target.matches("[data-polls]")) event.preventDefault();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    for (const part of document.querySelectorAll("[data-polls]")) htmx.trigger(part, "shown");
  });
  // What changed is said once to those who listen, and not every two seconds.
  document.addEventListener("htmx:afterSwap", (event) => {
    const news = event.target.querySelector?.("[data-say]");
    if (news) say(news.dataset.say);
  });
})();
