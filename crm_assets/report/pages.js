// Shows one page at a time by the address (#page, #section or #page/section), opens the menu on a phone and switches the
// language. It runs before the charts' code is read, so that the first page is there at once. Without it everything
// shows as one long page.
(() => {
  "use strict";
  const root = document.documentElement;
  const FRONT = "front";
  const sheets = [...document.querySelectorAll("[data-page]")];
  const menu = document.querySelector(".menu");
  const button = menu.querySelector(".menu-button");
  const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

  // The page and the place in it that an address means; an unknown one means the front page.
  const place = () => {
    const [first, ...rest] = decodeURIComponent(location.hash.slice(1)).split("/");
    const sheet = sheets.find((s) => s.id === first);
    if (first === "customer" && sheet) return { sheet, customer: rest.join("/") };
    const target = document.getElementById(sheet ? rest[0] : first);
    const holder = sheet || (target && target.closest("[data-page]"));
    return { sheet: holder || document.getElementById(FRONT), target: target && target.closest("[data-page]") ? target : null };
  };

  const show = (moved) => {
    const { sheet, target, customer } = place();
    sheets.forEach((s) => s.classList.toggle("current", s === sheet));
    menu.querySelectorAll("[data-to]").forEach((a) => {
      if (a.dataset.to === sheet.id) a.setAttribute("aria-current", "page");
      else a.removeAttribute("aria-current");
    });
    name();
    close();
    tell("page-shown", { sheet, customer });
    if (!moved) return;
    const heading = (target && target.querySelector("[id$='-title'], [id$='-heading']")) || sheet.querySelector("h2");
    heading.focus({ preventScroll: true });
    if (target) target.scrollIntoView({ behavior: "instant" });
    else window.scrollTo({ top: 0, behavior: "instant" });
  };

  // The current page's name stands on the closed menu.
  const name = () => {
    const current = menu.querySelector("[aria-current]");
    menu.querySelector(".now").replaceChildren(...(current ? [...current.childNodes].map((n) => n.cloneNode(true)) : []));
  };
  const close = () => {
    menu.classList.remove("open");
    button.setAttribute("aria-expanded", "false");
  };
  button.addEventListener("click", () => button.setAttribute("aria-expanded", String(menu.classList.toggle("open"))));
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.classList.contains("open")) return;
    close();
    button.focus();
  });

  const speak = (lang) => {
    root.dataset.lang = root.lang = lang;
    document.title = root.dataset[lang === "ko" ? "titleKo" : "titleEn"];
    document.querySelectorAll("[data-set]").forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.set === lang)));
    document.querySelectorAll("[data-placeholder-ko]").forEach((e) => { e.placeholder = e.dataset[lang === "ko" ? "placeholderKo" : "placeholderEn"]; });
    tell("language-set", lang);
  };
  document.querySelectorAll("[data-set]").forEach((b) => b.addEventListener("click", () => speak(b.dataset.set)));

  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();  // the address says which page is shown
    document.querySelector(".sheet.current h2").focus();
  });
  document.querySelectorAll("[hidden].menu-button, form.search").forEach((e) => { e.hidden = false; });
  root.classList.add("paged");
  window.addEventListener("hashchange", () => show(true));
  window.addEventListener("beforeprint", () => root.classList.remove("paged"));
  window.addEventListener("afterprint", () => root.classList.add("paged"));
  show(false);
  // The browser goes to the address by itself when all is read, and takes the focus away: so ours comes after it.
  window.addEventListener("load", () => { if (location.hash.length > 1) show(true); });
})();
