"""Who is in which campaign: goals, caps, consent, what a row carries; who is held out, on every machine the same."""

from __future__ import annotations

from datetime import date
from hashlib import md5

import pandas as pd
import pytest
from scipy.stats import binomtest, chi2_contingency

from crm_assets.contracts.export_checks import CHECKS
from crm_assets.defs.marketing.audiences import audiences
from crm_assets.marketing.hold_outs import holdout_below
from crm_assets.warehouse import Warehouse
from crm_assets_tests.making import made
from crm_assets_tests.marketing.audience_shop import CUSTOMERS, KEY, check, customer, fill
from crm_assets_tests.marketing.strategy_shop import OF_MARCH
from crm_assets_tests.prediction.feature_shop import insert


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("shop") / "warehouse.duckdb", lock_wait_seconds=0.5)
    fill(warehouse)
    return warehouse


def lists(warehouse: Warehouse, **settings: object) -> pd.DataFrame:
    return made(audiences, warehouse, KEY, **settings)


def told(warehouse: Warehouse, answers: dict[str, str]) -> None:
    with warehouse.session() as session:
        session.execute("delete from response_rates")
        rows = [{**OF_MARCH, "customer_id": c, "sent": 1, "responded": 0, "converted": 0, "consent": a,
                 "preferred_channel": "sms"} for c, a in answers.items()]  # fmt: skip
        insert(session, "response_rates", rows)


def strategies_of(found: pd.DataFrame) -> dict[str, list[str]]:
    return found.groupby("customer_id")["strategy_id"].apply(sorted).to_dict()


def test_a_customer_gets_the_first_of_each_goal_up_to_the_cap(shop: Warehouse) -> None:
    told(shop, {})
    # VIP and pro: first and second are of one goal, so third comes next; the cap of two leaves fourth out.
    assert strategies_of(lists(shop))[customer(0)] == ["first", "third"]
    assert strategies_of(lists(shop))[customer(2)] == ["second", "third"]  # pro
    assert strategies_of(lists(shop))[customer(1)] == ["fourth", "third"]  # novice
    three = strategies_of(lists(shop, campaigns_per_customer=3))
    assert three[customer(0)] == ["first", "fourth", "third"] and three[customer(1)] == ["fourth", "third"]
    assert strategies_of(lists(shop, campaigns_per_customer=1))[customer(0)] == ["first"]


def test_the_arm_is_a_hash_of_campaign_and_customer(shop: Warehouse) -> None:
    """Reckoned again by another library: so it is the same in every run and on every machine."""
    told(shop, {})
    found = lists(shop, holdout_share=0.3)
    for row in found.itertuples():
        part = int(md5(f"2021-03-{row.strategy_id}:{row.customer_id}".encode()).hexdigest()[:8], 16) / 16**8
        assert row.campaign_id == f"2021-03-{row.strategy_id}"
        assert row.arm == ("control" if part < 0.3 else "treatment")
    assert found.equals(lists(shop, holdout_share=0.3))
    fewer = lists(shop, holdout_share=0.2)
    held = {(r.campaign_id, r.customer_id) for r in found.itertuples() if r.arm == "control"}
    assert {(r.campaign_id, r.customer_id) for r in fewer.itertuples() if r.arm == "control"} < held


@pytest.mark.parametrize(
    ("share", "digits"), [(0.5, "80000000"), (0.2, "33333333"), (1 - 1e-12, "ffffffff"), (1e-12, "00000000")]
)
def test_a_share_as_hexadecimal_digits(share: float, digits: str) -> None:
    assert holdout_below(share) == digits


def test_hold_outs_are_balanced_and_differ_between_campaigns(tmp_path) -> None:
    """8,000 customers: the share, types and bands of the arms, and whether being held out here tells of there."""
    warehouse = Warehouse(tmp_path / "warehouse.duckdb", lock_wait_seconds=0.5)
    fill(warehouse, 8_000)
    found = lists(warehouse)
    held = found.assign(control=found["arm"] == "control")
    for campaign, rows in held.groupby("campaign_id"):
        assert binomtest(int(rows["control"].sum()), len(rows), 0.2).pvalue > 0.001, campaign
        for trait in ("segment_id", "rfm_band"):
            if rows[trait].nunique() > 1:
                assert chi2_contingency(pd.crosstab(rows[trait], rows["control"])).pvalue > 0.001, (campaign, trait)
    wide = held.pivot(index="customer_id", columns="strategy_id", values="control")
    both = wide[["second", "third"]].dropna().astype(bool)
    assert len(both) > 2_000 and (both["second"] != both["third"]).mean() > 0.2
    assert chi2_contingency(pd.crosstab(both["second"], both["third"])).pvalue > 0.001


def test_who_refused_is_in_no_campaign(shop: Warehouse) -> None:
    told(shop, {customer(0): "no", customer(1): "yes"})
    found = lists(shop)
    assert customer(0) not in set(found["customer_id"])
    assert set(found.loc[found["customer_id"] == customer(1), "consent"]) == {"yes"}
    assert set(found.loc[found["customer_id"] == customer(1), "preferred_channel"]) == {"sms"}
    assert found.loc[found["customer_id"] == customer(2), "consent"].isna().all()
    assert found["customer_id"].nunique() == CUSTOMERS - 1
    assert set(lists(shop, require_consent=True)["customer_id"]) == {customer(1)}


def test_what_a_row_carries(shop: Warehouse) -> None:
    told(shop, {})
    found = lists(shop).set_index(["strategy_id", "customer_id"])
    first, second = found.loc[("first", customer(5))], found.loc[("second", customer(6))]
    assert [first["product_1"], first["product_2"], first["product_3"]] == ["P6", "P0", "P1"]
    assert pd.isna(first["offer_id"]) and pd.isna(first["bundle"]) and pd.isna(first["send_hour"])
    assert pd.isna(found.loc[("first", customer(0)), "product_1"])  # nothing was recommended to it
    assert (second["offer_id"], second["offer_net_benefit"], second["bundle"]) == ("fresh", 1250.5, "빵 + 잼")
    assert second["send_hour"] == 12 and pd.isna(second["product_1"])  # 12–14 have most receipts of the type
    assert pd.isna(found.loc[("second", customer(2)), "offer_id"])  # no offer brings it anything
    assert (second["channel"], second["segment_id"], second["rfm_band"]) == ("push", "pro", "Promising")
    days = {s: (r["starts_on"].date(), r["ends_on"].date()) for (s, _), r in found.iterrows()}
    assert days["first"] == (date(2021, 4, 1), date(2021, 4, 30))
    assert days["second"] == (date(2021, 4, 1), date(2021, 4, 14))
    assert days["third"] == (date(2021, 4, 1), date(2021, 5, 15))


@pytest.mark.parametrize("failed", CHECKS)
def test_a_failed_check_leaves_no_list(shop: Warehouse, failed: str) -> None:
    told(shop, {})
    assert len(lists(shop))
    with shop.session() as session:
        check(session, {failed: False})
    assert lists(shop).empty
    with shop.session() as session:
        check(session, {})
    assert len(lists(shop))


def test_a_month_that_was_not_checked_is_refused(shop: Warehouse) -> None:
    with shop.session() as session:
        session.execute("delete from export_checks")
    with pytest.raises(ValueError, match="export_checks has no rows of 2021-03"):
        lists(shop)
    with shop.session() as session:
        check(session, {})
