"""The report in Chromium, opened from disk: every chart drawn, both languages, wide and narrow, and no request."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from crm_assets.report import build_report
from crm_assets_tests.report_sample import first_month, plain_shop, sample_month, texts

pytestmark = pytest.mark.browser
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: make test-browser")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
MONTHS = {"full": sample_month, "first": first_month, "plain": plain_shop}


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.fail("no chromium on this machine: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("reports")
    urls = {}
    for name, month in MONTHS.items():
        file = folder / f"{name}.html"
        file.write_text(build_report(month(), texts()), encoding="utf-8")
        urls[name] = file.as_uri()
    return urls


@pytest.fixture
def shots(tmp_path) -> Path:
    folder = Path(os.environ.get("CRM_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def opened(browser, url: str, width: int, scheme: str = "light"):
    """The page, and a list that collects what must not happen."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
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
def test_page(browser, pages, shots, month, width):
    """Lazily at first, then every chart; the switch changes charts and texts without loading anything."""
    page, faults = opened(browser, pages[month], width, "light" if width == 1280 else "dark")
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


def test_everything_is_drawn_before_printing(browser, pages, shots):
    page, faults = opened(browser, pages["full"], 1280)
    page.pdf(path=shots / "report-full.pdf", format="A4")
    assert undrawn(page) == [] and faults == []
    page.close()


def test_the_switch_is_for_the_keyboard_too(browser, pages):
    page, _ = opened(browser, pages["first"], 1280)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert page.evaluate("document.documentElement.dataset.lang") == "en"
    page.close()


def test_an_injected_script_does_not_run(browser, pages, tmp_path):
    """The policy lets only the report's own scripts run, should a name ever slip through unescaped."""
    file = tmp_path / "injected.html"
    page_text = build_report(first_month(), texts())
    file.write_text(
        page_text.replace(
            "<main>", "<main><script>window.injected = 1</script><img src=x onerror='window.injected = 2'>"
        ),
        encoding="utf-8",
    )
    page = browser.new_page()
    page.goto(file.as_uri())
    assert page.evaluate("window.injected") is None
    page.close()
