"""The report in Chromium, opened from disk: every chart drawn, both languages, wide and narrow, and no request."""

from __future__ import annotations

import pytest

from crm_assets.report import build_report
from crm_assets_tests.report.report_sample import first_month, texts
from crm_assets_tests.report.report_sample_whole import first_whole_month, whole_month, whole_plain_shop

pytestmark = pytest.mark.browser
MONTHS = {"full": whole_month, "first": first_whole_month, "plain": whole_plain_shop}


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("reports")
    urls = {}
    for name, month in MONTHS.items():
        file = folder / f"{name}.html"
        file.write_text(build_report(month(), texts()), encoding="utf-8")
        urls[name] = file.as_uri()
    return urls


def opened(chromium, url: str, width: int, scheme: str = "light"):
    """The page, and a list that collects what must not happen."""
    page = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    faults: list[str] = []
    page.on("console", lambda m: faults.append(f"{m.type}: {m.text}"))
    page.on("pageerror", lambda e: faults.append(str(e)))
    page.on("request", lambda r: None if r.url == url or r.url.startswith("data:") else faults.append(r.url))
    page.goto(url)
    return page, faults


def scroll_through(page) -> None:
    for chart in page.query_selector_all(".chart"):
        chart.scroll_into_view_if_needed()
        page.wait_for_function("e => e.querySelector('.main-svg')", arg=chart, timeout=10_000)


def undrawn(page) -> list[str]:
    return page.eval_on_selector_all(".chart", "all => all.filter(e => !e.querySelector('.main-svg')).map(e => e.id)")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("month", MONTHS)
def test_page(chromium, pages, shots, month, width):
    """Lazily at first, then every chart; the switch changes charts and texts without loading anything."""
    page, faults = opened(chromium, pages[month], width, "light" if width == 1280 else "dark")
    if month == "full":
        assert undrawn(page), "charts out of view must wait"
    scroll_through(page)
    assert undrawn(page) == []
    page.screenshot(path=shots / f"report-{month}-{width}-ko.png", full_page=True)
    page.click("[data-set=en]")
    assert page.evaluate("document.documentElement.lang") == "en" and "Customer report" in page.inner_text("h1")
    assert "Customer report" in page.title() or "customer report" in page.title()
    treemap = page.wait_for_selector("#bands-treemap text:has-text('Loyal customer')", state="attached")
    assert treemap is not None
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.screenshot(path=shots / f"report-{month}-{width}-en.png", full_page=True)
    assert faults == []
    page.close()


def test_everything_is_drawn_before_printing(chromium, pages, shots):
    page, faults = opened(chromium, pages["full"], 1280)
    page.pdf(path=shots / "report-full.pdf", format="A4")
    assert undrawn(page) == [] and faults == []
    page.close()


def test_the_switch_is_for_the_keyboard_too(chromium, pages):
    page, _ = opened(chromium, pages["first"], 1280)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert page.evaluate("document.documentElement.dataset.lang") == "en"
    page.close()


def test_an_injected_script_does_not_run(chromium, pages, tmp_path):
    """The policy lets only the report's own scripts run, should a name ever slip through unescaped."""
    file = tmp_path / "injected.html"
    page_text = build_report(first_month(), texts())
    file.write_text(
        page_text.replace(
            "<main>", "<main><script>window.injected = 1</script><img src=x onerror='window.injected = 2'>"
        ),
        encoding="utf-8",
    )
    page = chromium.new_page()
    page.goto(file.as_uri())
    assert page.evaluate("window.injected") is None
    page.close()
