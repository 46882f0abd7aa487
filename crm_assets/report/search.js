// Shows a customer's card from the JSON that the page holds. Every text is set as text, never as markup.
(() => {
  "use strict";
  const known = JSON.parse(document.getElementById("customers").textContent);
  const form = document.querySelector("form.search");
  if (!known || !form) return;
  const root = document.documentElement;
  const card = document.getElementById("customer-card");
  let asked = null;
  const lang = () => root.dataset.lang;
  const word = (name) => known.words[name][lang()];
  const make = (tag, text, className) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (className) element.className = className;
    return element;
  };
  const number = (value, decimals = 0) => value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  const money = (value) => known.money[lang()].replace("{n}", () => number(value, known.money.decimals));
  const named = (list, place) => (place === null ? word("none") : known[list][lang()][place]);

  const facts = ([type, source, band, receipts, spend, last, dormancy, , , offer, benefit]) => [
    ["type", named("types", type) + (type !== null && source ? ` (${word(source)})` : "")],
    ["band", named("bands", band)],
    ["receipts", number(receipts)],
    ["spend", spend === null ? word("none") : money(spend)],
    ["last", last],
    ["dormancy", dormancy === null ? "–" : `${number(dormancy / 10, 1)}%`],
    ["offer", offer === null ? word("none") : `${named("offers", offer)} · ${money(benefit)}`],
  ];

  const list = (title, items) => {
    const part = make("div", undefined, "list");
    const lines = make("ul");
    items.forEach((item) => lines.append(item));
    part.append(make("h4", title), lines);
    return part;
  };

  const found = (id, row) => {
    const box = make("div", undefined, "card");
    const values = make("dl", undefined, "scores terms");
    facts(row).forEach(([name, value]) => {
      const pair = make("div");
      pair.append(make("dt", word(name)), make("dd", value));
      values.append(pair);
    });
    const campaigns = row[7].map(([strategy, heldOut]) => {
      const line = make("li", `${named("strategies", strategy)} `);
      line.append(make("strong", word(heldOut ? "control" : "treatment"), heldOut ? "ill" : "well"));
      return line;
    });
    const articles = row[8].map((place) => make("li", known.articles[place]));
    box.append(make("h3", id), values);
    box.append(list(word("campaigns"), campaigns.length ? campaigns : [make("li", word(row[11] ? "refused" : "no_campaign"), row[11] ? "ill" : undefined)]));
    box.append(list(word("articles"), articles.length ? articles : [make("li", word("none"))]));
    return box;
  };

  const missing = (id) => {
    const box = make("div", undefined, "note");
    const command = make("pre");
    const plain = /^[\w.-]+$/.test(id) && !id.startsWith("-");
    command.append(make("code", `crm explain ${plain ? id : `-- '${id.replaceAll("'", "'\\''")}'`}`));
    box.append(make("h3", id), make("p", `${word("not_found")} ${word("not_found_more")}`), command);
    return box;
  };

  const show = () => {
    const id = asked;
    if (id === null || id === "") return card.replaceChildren();
    card.replaceChildren(Object.hasOwn(known.customers, id) ? found(id, known.customers[id]) : missing(id));
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const id = form.elements[0].value.trim();
    if (id) location.hash = `#customer/${encodeURIComponent(id)}`;
  });
  document.addEventListener("page-shown", (event) => {
    if (event.detail.customer === undefined) return;
    asked = event.detail.customer;
    show();
  });
  document.addEventListener("language-set", show);
  if (location.hash.startsWith("#customer/")) {
    asked = decodeURIComponent(location.hash.slice("#customer/".length));
    show();
  }
})();
