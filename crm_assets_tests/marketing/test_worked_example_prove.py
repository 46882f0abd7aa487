"""S0's worked example without a hand in it: from receipt to campaigns, the type named by the shop's own model.

She bought once and stays away. Asked for her type 90 days after that receipt (the default), the model of the sample of
3,000 says 'novice homemaker' in every month from July to December 2021, with 0.56 against 0.28 for 'corona-averse'.
Asked for the day 180 days after it, the model of July says 'corona-averse', as the document does.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_assets.explain.customer_card import read_card
from crm_assets.warehouse import Warehouse
from crm_assets_tests.conftest import QUICKLY, SHORT_SHELF, Shop
from crm_assets_tests.marketing.test_worked_example import (
    EXAMPLE,
    JULY,
    NEEDED,
    require_its_traits,
    require_the_three_campaigns,
)

pytestmark = pytest.mark.prove


def test_the_model_s_own_answer_leads_to_the_three_campaigns(tmp_path: Path):
    shop = Shop(tmp_path, {**QUICKLY, **SHORT_SHELF, "CRM_HORIZON_DAYS": "180"})
    shop.crm("demo", "--customers", "3000")
    shop.crm("refresh", "--months", "2020-12:2021-07", "--select", NEEDED)
    with Warehouse(str(shop.data / "warehouse.duckdb")).session() as session:
        card = read_card(session, EXAMPLE, JULY)
    said = card.prediction
    print(f"\n{EXAMPLE}: {said.segment_id}, {said.probability:.3f}; {dict(said.probabilities)}")
    require_the_three_campaigns(card)
    require_its_traits(card)
