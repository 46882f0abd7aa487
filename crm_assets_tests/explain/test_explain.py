"""``crm explain``: the card on the command line, what is said where there is none, and the method's worked example."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from crm_assets.cli import cli
from crm_assets.explain.customer_card import read_card
from crm_assets.explain.customer_lookup import CardError
from crm_assets.published import read_published, write_published
from crm_assets.settings import Settings
from crm_assets.warehouse import Warehouse
from crm_assets_tests.conftest import Shop
from crm_assets_tests.explain import card_shop

EXAMPLE = "M412637909"


def explain(shop: Shop, *words: str) -> Result:
    """``crm explain`` within this process."""
    return CliRunner().invoke(cli, ["explain", *words], env={"CRM_DATA_DIR": str(shop.data)})


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """The hand-made shop of the cards, with its copy for readers."""
    made = Shop(tmp_path)
    warehouse = Warehouse(made.data / "warehouse.duckdb")
    with warehouse.session() as session:
        card_shop.fill(session)
        write_published(session, made.data / "published.duckdb")
    return made


def test_a_card_is_read_from_the_copy_while_a_run_holds_the_warehouse(shop: Shop):
    with duckdb.connect(str(shop.data / "warehouse.duckdb")):
        said = shop.crm("explain", EXAMPLE, CRM_LOCK_WAIT_SECONDS="0")
        assert said.startswith(f"고객 {EXAMPLE} · 2021-03-31 기준\n신규 고객") and "기준 40.0%보다" in said
        (shop.data / "published.duckdb").unlink()
        said = shop.crm("explain", EXAMPLE, ok=False, CRM_LOCK_WAIT_SECONDS="0")
        assert "is in use by another process" in said and "Traceback" not in said
    said = explain(shop, EXAMPLE, "--month", "2021-02", "--language", "en").output
    assert said.startswith(f"Customer {EXAMPLE} as of 2021-02-28\nnew customer"), "without a copy, from the warehouse"


def test_what_there_is_no_card_of_is_said_in_a_line(shop: Shop):
    assert shop.crm("explain", "M41263790", ok=False) == (
        "crm: no customer 'M41263790' has a receipt up to 2021-03; did you mean M412637909? "
        f"Ids are in the table customer_types of {shop.data / 'published.duckdb'}.\n"
    )
    error = explain(shop, EXAMPLE, "--month", "2021-07").exception
    assert isinstance(error, CardError), "one of the errors that end in a line"
    assert "published.duckdb, which holds 2021-02 to 2021-03. `crm refresh` makes" in str(error)
    for month, said in {"2021-02:2021-03": "write one month", "March": "write one month"}.items():
        result = explain(shop, EXAMPLE, "--month", month)
        assert result.exit_code == 2 and said in result.output


def test_before_anything_is_made_the_remedy_is_named(tmp_path: Path):
    result = explain(Shop(tmp_path), EXAMPLE)
    assert result.exit_code == 2 and "warehouse.duckdb does not exist yet. Run `crm refresh` first" in result.output
    assert not (tmp_path / "data").exists()


def test_the_worked_example(demo_shop: Shop, tmp_path: Path):
    """The woman of 26 whom the method's document walks through: one receipt of three lines, on 26 July 2021."""
    shop = demo_shop.copy(tmp_path / "july")
    shop.crm("refresh", "--months", "2021-07", "--select", "+customer_types,+segment_claims")  # what a card reads
    english, korean = (explain(shop, EXAMPLE, "--language", language) for language in ("en", "ko"))
    assert english.exit_code == korean.exit_code == 0

    warehouse = Warehouse(shop.data / "warehouse.duckdb")
    with warehouse.session() as session:
        card = read_card(session, EXAMPLE)
        write_published(session, shop.data / "published.duckdb")
    with read_published(shop.data / "published.duckdb") as session:
        assert read_card(session, EXAMPLE).prediction == card.prediction
    assert (card.gender, card.age_band, card.lifecycle, card.receipts) == ("female", "20대", "new", 1)
    (receipt,) = card.purchases
    assert (receipt.receipt_id, receipt.partner_id, receipt.channel) == ("A02199868530", "A02", "offline")
    assert f"{receipt.purchased_at:%Y-%m-%d %H}" == "2021-07-26 19" and receipt.amount == Decimal(3140)
    assert {(line.category, line.amount) for line in receipt.lines} == {
        ("주방정리용품/소모품", Decimal(500)),
        ("냉장간편식", Decimal(1380)),
        ("향신료", Decimal(1260)),
    }

    said = card.prediction
    assert said.base + sum(r.contribution for r in said.reasons) + said.rest == pytest.approx(said.margin, abs=2e-6)
    assert sum(said.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert max(said.probabilities, key=said.probabilities.get) == said.segment_id
    assert said.min_probability == Settings.read({}).min_probability
    assert said.abstained == (said.probability < said.min_probability)
    assert card.quality.cut == "1" and card.quality.cross.base > 0

    for text, heading, day in (
        (english.output, "Why", "2021-10-24, 90 days after"),
        (korean.output, "이유", "90일 뒤인 2021-10-24"),
    ):
        lines = next(p for p in text.split("\n\n") if p.startswith(heading)).split("\n")[1:-1]
        figures = [float(line.rsplit(None, 1)[1].replace("−", "-")) for line in lines]
        assert sum(figures[:-1]) == pytest.approx(figures[-1], abs=1e-9)
        assert figures[-1] == round(said.margin, 3)
        shares = [float(share) for share in re.findall(r"\S  +([\d.]+)%", text)]
        assert sum(shares) == pytest.approx(100, abs=0.25) and len(shares) == len(said.probabilities)
        assert "A02199868530" in text and day in text
