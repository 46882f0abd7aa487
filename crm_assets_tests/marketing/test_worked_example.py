"""S0's worked example: from three lines of one receipt to a type, its traits and the three campaigns it names.

The woman of 26 (M412637909, receipt A02199868530) is 'corona-averse' in the document. What the model of a small sample
says of her differs by sample; here the document's answer is put in its place, and everything after it is the assets'.
That a model itself comes to the document's answer is for ``test_worked_example_prove``.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
import yaml

from crm_assets.defs.marketing.customer_strategies import customer_strategies
from crm_assets.defs.marketing.strategies import strategies
from crm_assets.defs.marketing.strategy_choices import strategy_choices
from crm_assets.defs.prediction.customer_types import customer_types
from crm_assets.explain.customer_card import CustomerCard, read_card
from crm_assets.settings import PROJECT_DIR
from crm_assets.warehouse import Warehouse
from crm_assets_tests.conftest import Shop
from crm_assets_tests.making import results

STATED = yaml.safe_load((PROJECT_DIR / "data" / "reference" / "demo" / "worked_example.yaml").read_text("utf-8"))
EXAMPLE, JULY = STATED["customer"], date(2021, 7, 1)
CAMPAIGNS = {  # as S0 names them, in its order
    "개인화 Push알림 마케팅": "personal_push",
    "온라인 마케팅": "online_marketing",
    "Lpay 권장 마케팅": "wallet_partners",
}
NEEDED = "+customer_strategies,+strategy_choices"


def require_the_three_campaigns(card: CustomerCard) -> None:
    """From the three lines to the campaigns, as a card tells it."""
    (receipt,) = card.purchases
    assert (receipt.receipt_id, receipt.channel, receipt.partner_id) == (STATED["receipt"], "offline", "A02")
    bought = {(line.category, int(line.amount)) for line in receipt.lines}
    assert bought == {(line["middle"], line["amount"]) for line in STATED["lines"]}
    assert (card.lifecycle, card.source, card.segment_id) == ("new", "predicted", STATED["latent_type"])
    found = {s.strategy_id: s for s in card.strategies}
    for named, strategy in CAMPAIGNS.items():
        assert strategy in found, f"S0's {named} is missing"
        assert ("segment_id", "corona_averse") in {(t.name, t.value) for t in found[strategy].traits}
    assert ("channel_use", "offline") in {(t.name, t.value) for t in found["online_marketing"].traits}
    assert ("wallet_user", "0") in {(t.name, t.value) for t in found["wallet_partners"].traits}
    assert {found[s].goal for s in CAMPAIGNS.values()} == {"visit", "online", "wallet"}, "none takes another's place"


def require_its_traits(card: CustomerCard) -> None:
    """S0: the type does not come often and has not come for long; what is measured says so, and it is quoted."""
    allowed = card.claims[card.claims["allowed"].astype(bool)]
    measured = set(zip(allowed["measure"], allowed["direction"], strict=True))
    assert {("recency_days", "above"), ("visit_days", "below"), ("wallet_user", "below")} <= measured
    quoted = {s.strategy_id: s.evidence for s in card.strategies}
    assert ("recency_days", "", "above") in quoted["personal_push"]
    assert ("wallet_user", "", "below") in quoted["wallet_partners"]


@pytest.fixture(scope="module")
def july(demo_shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = demo_shop.copy(tmp_path_factory.mktemp("july"))
    shop.crm("refresh", "--months", "2021-07", "--select", NEEDED)
    return shop


def answered(shop: Shop, segment: str) -> CustomerCard:
    """Her card when the model says so; every table after the model's is made anew by its asset."""
    settings = shop.settings().model_dump()
    warehouse = Warehouse(str(shop.data / "warehouse.duckdb"))
    with warehouse.session() as session:
        probabilities = session.scalar(
            "select probabilities from new_customer_predictions where customer_id = :c and month = :m",
            c=EXAMPLE,
            m=JULY,
        )
        assert segment in json.loads(probabilities), "one of the month's types"
        session.execute(
            """update new_customer_predictions set segment_id = :segment, segment_name = '코로나 싫어',
                abstained = false where customer_id = :customer and month = :month""",
            segment=segment, customer=EXAMPLE, month=JULY,
        )  # fmt: skip
    for asset in (customer_types, strategies, customer_strategies, strategy_choices):
        list(results(asset, warehouse, JULY.isoformat(), **settings))
    with warehouse.session() as session:
        return read_card(session, EXAMPLE, JULY)


def test_from_three_lines_to_the_three_campaigns(july: Shop, tmp_path: Path):
    card = answered(july.copy(tmp_path / "planted"), STATED["latent_type"])
    require_the_three_campaigns(card)
    require_its_traits(card)


def test_whatever_the_model_says_she_gets_what_her_type_gets(july: Shop):
    with Warehouse(str(july.data / "warehouse.duckdb")).session() as session:
        card = read_card(session, EXAMPLE, JULY)
    of_types = [t.value for s in card.strategies for t in s.traits if t.name == "segment_id"]
    assert set(of_types) <= {card.segment_id}
    assert card.strategies, "new customers of any type have a band"
