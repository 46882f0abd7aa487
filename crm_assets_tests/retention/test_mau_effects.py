"""``mau_effects.sql``: the calculator by hand."""

from __future__ import annotations

import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.retention.mau_effects import mau_effects
from crm_assets.months import Snapshot, add_months
from crm_assets.settings import Settings
from crm_assets.warehouse import Warehouse, read_query
from crm_assets_tests.making import made, results
from crm_assets_tests.prediction.feature_shop import SNAPSHOT, warehouse
from crm_assets_tests.retention.dormancy_shop import on


def effects(receipts, snapshot=SNAPSHOT, **shares):
    session = warehouse(receipts)
    settings = Settings(**shares)
    parameters = {**settings.parameters, **snapshot.parameters, "three_before": add_months(snapshot.month, -3)}
    staged = session.stage(CONTRACTS["mau_effects"], read_query("mau_effects"), **parameters)
    assert session.violations(CONTRACTS["mau_effects"], staged) == []
    rows = session.rows(
        f"select component, population, assumed_share, active_share, active_customers, change from {staged}"
    )
    return {row[0]: row[1:] for row in rows}


SHOP = (
    on("always", "2021-01-05", "2021-02-05", "2021-03-05")
    + on("twice", "2021-02-05", "2021-03-05", "2021-03-06")
    + on("once", "2021-03-09")
    + on("once before", "2021-01-09")
    + on("dormant 1", "2020-12-01")
    + on("dormant 2", "2020-12-02")
)


def test_every_component_by_hand():
    made = effects(SHOP, mau_new_inflow_share=0.1, mau_reactivation_share=0.5, mau_main_share=0.25)
    # Active in March: always, twice, once. Months of three: 3, 2, 1, 1, that is 7 by 4 customers.
    active = 7 / 4 / 3
    assert made["current"] == (3, None, None, 3, None)
    assert made["new_inflow"] == (
        3,
        0.1,
        pytest.approx(active),
        pytest.approx(0.3 * active),
        pytest.approx(0.1 * active),
    )
    assert made["reactivated"] == (2, 0.5, pytest.approx(active), pytest.approx(active), pytest.approx(active / 3))
    gained = 2.5 / 3 - 1 / 3  # regular ones are there in 2.5 months, an occasional one in 1
    assert made["main_card"] == (
        2, 0.25, pytest.approx(gained), pytest.approx(0.5 * gained), pytest.approx(0.5 * gained / 3)
    )  # fmt: skip
    added = 0.3 * active + active + 0.5 * gained
    assert made["total"] == (3, None, None, pytest.approx(3 + added), pytest.approx(added / 3))


SHARES = ("mau_new_inflow_share", "mau_reactivation_share", "mau_main_share")


def test_assumptions_of_nothing_add_nothing_and_nobody_makes_no_row():
    made = effects(SHOP, **dict.fromkeys(SHARES, 0.0))
    assert made["total"][3:] == (3, 0)
    assert effects([]) == {}


def test_a_shop_without_regulars_gains_nothing_by_conversion():
    made = effects(on("a", "2021-03-01") + on("b", "2021-01-01"))
    assert made["main_card"][2:] == (0, 0, 0)


def test_months_before_the_window_are_not_months_of_absence():
    """A window of the newest month alone: who is in it was there in one month of one."""
    made = effects(SHOP, Snapshot(SNAPSHOT.month, SNAPSHOT.history_start, 1), mau_new_inflow_share=0.1)
    assert made["new_inflow"][2] == 1 and made["new_inflow"][3] == pytest.approx(0.3)
    assert made["reactivated"][0] == made["main_card"][2] == 0  # nobody is absent, and a month cannot be two


def test_months_of_nobody_after_others_add_nothing():
    made = effects(on("a", "2021-01-05"), mau_reactivation_share=0.5)
    assert made["current"][3] == 0 and made["reactivated"][0] == 0
    assert made["total"][4] is None  # of nobody there is no share


def test_a_month_without_receipts_is_made_and_says_so(tmp_path):
    store = Warehouse(tmp_path / "warehouse.duckdb")
    with store.session() as session:
        session.ensure_tables()
    assert made(mau_effects, store, "2021-03-01").empty
    *_, done = results(mau_effects, store, "2021-03-01")
    assert done.metadata["change"] == "none: nobody is active"
