// Draws the charts of the page that is shown, when they come into view. No texts and no figures here: both come with
// the page. Nothing is fetched and nothing is stored outside the page.
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
  const isShown = (element) => element.offsetParent !== null;

  const draw = (id, printing = false) => {
    const element = document.getElementById(id);
    const figure = themed(charts[id][root.dataset.lang], printing ? (name) => light[name] : ofPage);
    if (printing) figure.layout.width = PRINT_WIDTH;
    drawn.add(id);
    return Plotly.react(element, figure.data, figure.layout, { displayModeBar: false, responsive: !printing, showTips: false });
  };

  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((e) => e.isIntersecting)) {
      seen.unobserve(entry.target);
      draw(entry.target.id);
    }
  }, { rootMargin: "400px 0px" });
  const watch = (id) => seen.observe(document.getElementById(id));
  Object.keys(charts).forEach(watch);

  // Charts of other pages are drawn anew when their page is shown: a hidden one has no size.
  const forget = (id) => {
    Plotly.purge(document.getElementById(id));
    drawn.delete(id);
    watch(id);
  };
  const redraw = () => [...drawn].forEach((id) => (isShown(document.getElementById(id)) ? draw(id) : forget(id)));

  document.addEventListener("language-set", redraw);
  document.addEventListener("page-shown", () => [...drawn].filter((id) => !isShown(document.getElementById(id))).forEach(forget));
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  window.addEventListener("beforeprint", () => Object.keys(charts).forEach((id) => { seen.unobserve(document.getElementById(id)); draw(id, true); }));
  window.addEventListener("afterprint", redraw);
})();
