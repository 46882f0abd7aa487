"""A customer's statement in Chromium, opened from disk: no request, no script, no width beyond the screen."""

from __future__ import annotations

import pytest

from crm_assets_tests.conftest import Shop
from crm_assets_tests.explain.card_shop import EXISTING, UNTYPED
from crm_assets_tests.explain.test_statement import shop, statement

pytestmark = pytest.mark.browser
__all__ = ["shop"]  # the fixture, which is this module's too


@pytest.mark.parametrize(("width", "language", "scheme"), [(900, "ko", "light"), (390, "en", "dark")])
@pytest.mark.parametrize("customer", [EXISTING, UNTYPED])
def test_page(chromium, shop: Shop, shots, customer: str, width: int, language: str, scheme: str):
    file = shots / f"statement-{customer}-{language}.html"
    statement(shop, customer, "--language", language, "--html", str(file))
    page = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    faults: list[str] = []
    page.on("console", lambda m: faults.append(m.text))
    page.on("dialog", lambda d: faults.append(d.message))
    page.on("request", lambda r: None if r.url == file.as_uri() else faults.append(r.url))
    page.goto(file.as_uri())
    page.screenshot(path=file.with_suffix(".png"), full_page=True)
    assert faults == [] and page.query_selector("script") is None
    assert page.evaluate("document.documentElement.scrollWidth") == width
    breaking = "all => all.filter(e => getComputedStyle(e).whiteSpace != 'nowrap').length"
    assert page.eval_on_selector_all("td:not(.words)", breaking) == 0, "an amount stands on one line"
    hidden = "all => all.filter(e => e.scrollWidth > e.clientWidth).map(e => e.ariaLabel)"
    assert page.eval_on_selector_all(".scroll", hidden) == [], "every column is seen without scrolling"
