"""``segment_retention``: counts from the matrix, intervals equal to scipy's."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
import pytest
from scipy.stats import binomtest

from crm_assets.warehouse import Session
from crm_assets_tests.conftest import Shop
from crm_assets_tests.retention.movement_shop import MARCH, fill, publish

SHARES = ("stayed", "moved", "lapsed", "bought")

# scheme, state of February: customers; stayed, moved, lapsed, bought in March; their amount in March
BY_HAND = {
    ("type", "A"): (2, 1, 1, 0, 1, 20),
    ("type", "B"): (1, 0, 0, 1, 0, 0),
    ("type", "lapsed"): (2, 1, 1, 0, 1, 10),
    ("type", "new"): (5, 2, 3, 0, 4, 50),
    ("type", "untyped"): (1, 0, 1, 0, 1, 10),
    ("rfm_band", "VIP"): (2, 1, 1, 0, 1, 20),
    ("rfm_band", "Promising"): (7, 6, 0, 1, 5, 60),
    ("rfm_band", "lapsed"): (2, 1, 1, 0, 1, 10),
    ("predicted_type", "A"): (3, 1, 2, 0, 2, 30),
    ("predicted_type", "B"): (1, 1, 0, 0, 1, 10),
    ("predicted_type", "unpredicted"): (1, 0, 1, 0, 1, 10),
}


@pytest.fixture
def made(session: Session) -> pd.DataFrame:
    fill(session)
    publish(session, "segment_migration", MARCH)
    return publish(session, "segment_retention", MARCH).set_index(["scheme", "from_state"])


def require_intervals(made: pd.DataFrame) -> None:
    """Every share and interval against scipy's Wilson, without continuity correction."""
    for row in made.itertuples():
        for name in SHARES:
            count = int(getattr(row, name))
            interval = binomtest(count, int(row.customers)).proportion_ci(0.95, method="wilson")
            found = [getattr(row, f"{name}_{part}") for part in ("share", "lower", "upper")]
            assert found == pytest.approx([count / row.customers, *interval], abs=1e-12)


def test_march_equals_the_table_made_by_hand(made: pd.DataFrame):
    counts = made[["customers", *SHARES, "revenue_month"]].astype(int)
    assert {index: tuple(row) for index, row in zip(counts.index, counts.to_numpy(), strict=True)} == BY_HAND


def test_intervals_are_wilsons(made: pd.DataFrame):
    require_intervals(made)


def test_new_customers_by_prediction_sum_to_all_new_customers(made: pd.DataFrame):
    columns = ["customers", *SHARES, "revenue_month"]
    by_prediction = made.loc["predicted_type", columns].sum()
    assert by_prediction.tolist() == made.loc[("type", "new"), columns].tolist()


@pytest.mark.parametrize("name", ["demo_shop", "online_retail"])
def test_every_month_from_the_customers_themselves(name: str, request: pytest.FixtureRequest):
    shop: Shop = request.getfixturevalue(name)
    states = shop.frame("select month, customer_id, state from customer_types")
    buyers = shop.frame("select distinct month, customer_id, 1 as bought from receipts")
    made = shop.frame("select * from segment_retention where scheme = 'type'")
    require_intervals(made)
    months = sorted(states["month"].unique())
    assert sorted(made["month"].unique()) == months[1:]
    for before, month in pairwise(months):
        both = states[states["month"] == before].merge(states[states["month"] == month], on="customer_id")
        both = both.merge(buyers[buyers["month"] == month], on="customer_id", how="left")
        both["stayed"] = both["state_x"] == both["state_y"]
        both["lapsed"] = ~both["stayed"] & (both["state_y"] == "lapsed")
        both["moved"] = ~both["stayed"] & ~both["lapsed"]
        both["bought"] = both["bought"].notna()
        expected = both.groupby("state_x")[list(SHARES)].sum().astype(int)
        found = made[made["month"] == month].set_index("from_state")[list(SHARES)].sort_index()
        assert found.to_dict() == expected.to_dict()
