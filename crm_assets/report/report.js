// Draws the charts when they come into view and switches the language. No texts and no figures here: both come
// with the page. Nothing is fetched and nothing is stored outside the page.
(() => {
  "use strict";
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const root = document.documentElement;
  const drawn = new Set();
  const PRINT_WIDTH = 660;
  const tokens = { "rgb(1,2,3)": "--ink", "rgb(1,2,4)": "--muted", "rgb(1,2,5)": "--grid", "rgb(1,2,6)": "--card", "rgb(1,2,7)": "--heat" };
  const light = { "--ink": "#1c2530", "--muted": "#5a6672", "--grid": "#e2e6eb", "--card": "#ffffff", "--heat": "#8cc2cc" };

  // The figures name theme colours by stand-ins (crm_assets/charts/style.py); put the page's own in.
  const themed = (node, colour) => {
    if (typeof node === "string") return tokens[node] ? colour(tokens[node]) : node;
    if (Array.isArray(node)) return node.map((item) => themed(item, colour));
    if (node === null || typeof node !== "object") return node;
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, themed(value, colour)]));
  };
  const ofPage = (name) => getComputedStyle(root).getPropertyValue(name).trim();

  const draw = (id, printing = false) => {
    const element = document.getElementById(id);
    const figure = themed(charts[id][root.dataset.lang], printing ? (name) => light[name] : ofPage);
    if (printing) figure.layout.width = PRINT_WIDTH;
    drawn.add(id);
    return Plotly.react(element, figure.data, figure.layout, { displayModeBar: false, responsive: !printing, showTips: false });
  };
  const redraw = () => drawn.forEach((id) => draw(id));

  const speak = (lang) => {
    root.dataset.lang = root.lang = lang;
    document.title = root.dataset[lang === "ko" ? "titleKo" : "titleEn"];
    document.querySelectorAll("[data-set]").forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.set === lang)));
    redraw();
  };
  document.querySelectorAll("[data-set]").forEach((b) => b.addEventListener("click", () => speak(b.dataset.set)));

  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((e) => e.isIntersecting)) {
      seen.unobserve(entry.target);
      draw(entry.target.id);
    }
  }, { rootMargin: "400px 0px" });
  Object.keys(charts).forEach((id) => seen.observe(document.getElementById(id)));

  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  window.addEventListener("beforeprint", () => Object.keys(charts).forEach((id) => { seen.unobserve(document.getElementById(id)); draw(id, true); }));
  window.addEventListener("afterprint", redraw);
})();
