"""``attribute_segments.sql`` and ``attribute_sizes.sql`` against pandas on a random shop, and at the edges."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from decimal import Decimal

import duckdb
import pandas as pd
import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.coverage import require_covered
from crm_assets.months import Snapshot
from crm_assets.segmentation.attributes import kinds, query, read_dimensions
from crm_assets.settings import PROJECT_DIR
from crm_assets.warehouse import OutOfStep, Session, read_query
from crm_assets_tests import lifecycles
from crm_assets_tests.segmentation.profile_shop import in_window, insert, random_shop

SNAPSHOT = Snapshot(month=date(2021, 3, 1), history_start=date(2020, 11, 1), window_months=3)
MOST, REPEATED = 3, 2
DIMENSIONS = read_dimensions(PROJECT_DIR / "data" / "reference")
TEXTS = ["gender", "age_band", "region", "interest_category", "channel_use", "loyalty", "purchasing_power",
         "demographic", "geographic", "psychographic", "usage"]  # fmt: skip


def with_risk(shop, seed=3):
    draw = random.Random(seed)
    rows = [
        (
            SNAPSHOT.month,
            SNAPSHOT.as_of,
            customer,
            5,
            visits,
            draw.choice([None, 5.0, 20.0, 60.0]),
            draw.choice([0.0, 5.0]),
        )
        for customer, visits in zip(shop["rfm_scores"]["customer_id"], shop["rfm_scores"]["visit_days"], strict=True)
    ]
    names = ["month", "as_of", "customer_id", "recency_days", "purchase_dates", "interval_days", "churn_risk"]
    return {**shop, "churn_risk": pd.DataFrame(rows, columns=names)}


def warehouse(shop):
    session = Session(duckdb.connect())
    session.ensure_tables()
    for table, frame in shop.items():
        if len(frame):
            insert(session, table, frame)
    return session


def attributes(session):
    """The rows by customer; the contracts must hold."""
    lifecycles.count(session, SNAPSHOT, MOST)
    staged = session.stage(
        CONTRACTS["attribute_segments"], query(read_query("attribute_segments"), DIMENSIONS), **SNAPSHOT.parameters
    )
    assert session.violations(CONTRACTS["attribute_segments"], staged) == []
    return session.frame(f"select * from {staged} order by customer_id").set_index("customer_id")


def sizes(session):
    session.reference("attribute_dimensions", {"dimension": "varchar", "kind": "varchar"}, kinds(DIMENSIONS))
    staged = session.stage(CONTRACTS["attribute_sizes"], read_query("attribute_sizes"), **SNAPSHOT.parameters)
    assert session.violations(CONTRACTS["attribute_sizes"], staged) == []
    return session.frame(f"select * from {staged} order by dimension, category").set_index(["dimension", "category"])


def level(values):
    """Tertiles with ties kept together, the plain way."""
    words = ["low", "mid", "high"]
    return values.map(lambda v: words[3 * int((values < v).sum()) // len(values)])


def interests(shop, existing):
    """customer → (category, lift), a customer and a category at a time."""
    lines = in_window(shop["raw_transactions"])
    goods = lines[lines["record_type"] == "product"].merge(shop["products"], on="product_id")
    goods = goods.dropna(subset="category_major").assign(amount=lambda f: f["amount"].astype(float))
    whole = goods.groupby("category_major")["amount"].sum() / goods["amount"].sum()
    found = {}
    for customer, own in goods[goods["customer_id"].isin(existing)].groupby("customer_id"):
        candidates = []
        for category, some in own.groupby("category_major"):
            if some["receipt_id"].nunique() >= REPEATED:
                lift = some["amount"].sum() / own["amount"].sum() / whole[category]
                candidates.append((-lift, -some["amount"].sum(), category))
        if candidates:
            best = min(candidates)
            found[customer] = (best[2], -best[0])
    return found, goods.groupby("customer_id")["category_major"].nunique()


def expected(shop):
    people = shop["rfm_scores"].merge(shop["customers"], on="customer_id", how="left").set_index("customer_id")
    to_date = shop["receipts"][shop["receipts"]["month"] <= SNAPSHOT.month].groupby("customer_id").size()
    people["is_existing"] = (people.index.map(to_date) > MOST).astype(int)
    existing = people[people["is_existing"] == 1]
    found, variety = interests(shop, existing.index)
    people["interest_category"] = people.index.map(lambda c: found.get(c, (None, None))[0])
    people["interest_lift"] = people.index.map(lambda c: found.get(c, (None, None))[1]).astype(float)
    people["categories_major"] = variety.reindex(people.index).fillna(0)
    used = in_window(shop["receipts"]).groupby("customer_id")["channel"].agg(lambda s: "/".join(sorted(set(s))))
    people["channel_use"] = used.reindex(people.index).replace({"offline/online": "both"})
    lines = in_window(shop["raw_transactions"])
    payers = set(lines.loc[lines["record_type"] == "wallet", "customer_id"])
    people["wallet_user"] = [int(c in payers) for c in people.index]
    people["loyalty"] = level(existing["frequency"])
    people["purchasing_power"] = level(existing["monetary"])
    people["demographic"] = people["gender"] + "·" + people["age_band"]
    people["geographic"], people["psychographic"] = people["region"], people["interest_category"]
    risk = shop["churn_risk"].set_index("customer_id")
    rhythm = pd.cut(risk["interval_days"], [0, 10, 45, 1e9], right=False, labels=["weekly", "monthly", "occasional"])
    usage = rhythm.astype(object).mask(risk["churn_risk"] >= 4, "paused").mask(people["visit_days"] == 1, "once")
    people["usage"] = usage.reindex(people.index)
    return people.sort_index()


@pytest.fixture(scope="module")
def shop():
    return with_risk(random_shop())


@pytest.fixture(scope="module")
def made(shop):
    return attributes(warehouse(shop))


def test_every_column_equals_pandas(shop, made):
    wanted = expected(shop)
    assert list(made.index) == list(wanted.index) and {0, 1} == set(made["is_existing"])
    for name in TEXTS:
        pd.testing.assert_series_equal(
            made[name].astype(object).where(made[name].notna(), None),
            wanted[name].astype(object).where(wanted[name].notna(), None),
            check_names=False,
        )
    for name in ("is_existing", "interest_lift", "categories_major", "wallet_user"):
        pd.testing.assert_series_equal(
            made[name].astype(float), wanted[name].astype(float), check_names=False, rtol=1e-12
        )
    assert set(made["usage"].dropna()) == {"once", "paused", "weekly", "monthly", "occasional"}
    assert made["interest_category"].nunique() > 4


def test_new_customers_have_question_marks(made):
    new = made[made["is_existing"] == 0]
    assert len(new) > 20
    assert (
        new[["interest_category", "interest_lift", "psychographic", "loyalty", "purchasing_power"]]
        .isna()
        .all(axis=None)
    )
    existing = made[made["is_existing"] == 1]
    assert existing[["loyalty", "purchasing_power"]].notna().all(axis=None)


def test_sizes_equal_pandas(shop):
    session = warehouse(shop)
    people = attributes(session).join(shop["rfm_scores"].set_index("customer_id")[["frequency", "monetary"]])
    people["monetary"] = people["monetary"].astype(float)
    people["wallet_user"] = people["wallet_user"].map({1: "user", 0: "non_user"})
    found = sizes(session)
    assert set(found.index.get_level_values(0)) == {name for name, _ in kinds(DIMENSIONS)}
    for dimension, kind in kinds(DIMENSIONS):
        groups, known = people.groupby(dimension), people[people[dimension].notna()]
        rows = found.loc[dimension]
        assert rows["customers"].to_dict() == groups.size().to_dict() and set(rows["kind"]) == {kind}
        assert set(rows["base"]) == {len(known)} and rows["customer_share"].sum() == pytest.approx(1)
        assert rows["revenue_share"].to_dict() == pytest.approx(
            (groups["monetary"].sum() / known["monetary"].sum()).to_dict()
        )
        assert rows["frequency_mean"].to_dict() == pytest.approx(groups["frequency"].mean().to_dict())
        assert rows["monetary_mean"].to_dict() == pytest.approx(groups["monetary"].mean().to_dict())


def test_later_months_change_nothing(shop, made):
    session = warehouse(shop)
    late = shop["raw_transactions"].assign(month=date(2021, 4, 1), amount=Decimal(10**9))
    insert(session, "raw_transactions", late)
    insert(session, "receipts", shop["receipts"].assign(month=date(2021, 4, 1)))
    pd.testing.assert_frame_equal(attributes(session), made)


def test_what_the_source_does_not_have_is_null(shop):
    """Online Retail: no wallet, no demographics, no channels, no categories."""
    lines = shop["raw_transactions"]
    bare = {
        **shop,
        "raw_transactions": lines[lines["record_type"] != "wallet"],
        "receipts": shop["receipts"].assign(channel=None),
        "customers": shop["customers"].iloc[:0],
        "products": shop["products"].assign(category_major=None),
    }
    session = warehouse(bare)
    made = attributes(session)
    absent = ["wallet_user", "gender", "channel_use", "interest_category", "interest_lift", "categories_major",
              "demographic", "geographic", "psychographic"]  # fmt: skip
    assert made[absent].isna().all(axis=None) and made["loyalty"].notna().any()
    assert set(sizes(session).index.get_level_values(0)) == {"usage", "loyalty", "purchasing_power"}


def small(*lines):
    """Customer a with the given (category, amount) lines, a receipt each; customer b buys every category evenly."""
    start, rows, receipts = datetime(2021, 2, 1), [], []
    for customer, bought in (("a", lines), ("b", [(c, 100) for c in "tuvw" for _ in range(4)])):
        for i, (category, amount) in enumerate(bought):
            at = start + timedelta(days=i)
            month = at.date().replace(day=1)
            rows.append((month, customer, f"{customer}{i}", 1, at, f"P{category}", Decimal(amount), "product"))
            receipts.append((month, customer, f"{customer}{i}", at.date()))
    return {
        "raw_transactions": pd.DataFrame(rows, columns=["month", "customer_id", "receipt_id", "line_no", "purchased_at",
                                                        "product_id", "amount", "record_type"]),
        "receipts": pd.DataFrame(receipts, columns=["month", "customer_id", "receipt_id", "purchase_date"]),
        "products": pd.DataFrame([(f"P{c}", c) for c in "tuvw"], columns=["product_id", "category_major"]),
        "rfm_scores": pd.DataFrame([(SNAPSHOT.month, c, 9, 9, Decimal(9)) for c in "ab"],
                                   columns=["month", "customer_id", "frequency", "visit_days", "monetary"]),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("bought", "interest"),
    [
        ([("t", 50), ("t", 50), ("u", 50), ("u", 50)], "t"),  # equal lift and spend: by name
        ([("v", 900), ("t", 1), ("t", 1), ("u", 1)], "t"),  # the rest on one receipt each
        ([("t", 1), ("u", 1), ("v", 1), ("w", 1)], None),  # nothing on two
        ([("w", 300), ("w", 300), ("t", 10), ("t", 10)], "w"),
    ],
)
def test_the_interest_by_hand(bought, interest):
    found = attributes(warehouse(small(*bought)))["interest_category"]["a"]
    assert (None if pd.isna(found) else found) == interest


def test_a_new_customers_spend_is_part_of_the_population():
    """The population is a and b together, whose share of t is 600 of 2,000."""
    made = attributes(warehouse(small(("t", 100), ("t", 100), ("u", 100), ("u", 100))))
    population = (200 + 400) / (400 + 1600)
    assert made["interest_lift"]["a"] == pytest.approx(0.5 / population)


def test_a_table_that_lacks_customers_is_not_passed_over(shop):
    session = warehouse(shop)
    require_covered(session, SNAPSHOT, "rfm_scores", "churn_risk")
    session.execute("delete from churn_risk where customer_id = (select min(customer_id) from rfm_scores)")
    with pytest.raises(OutOfStep, match=r"churn_risk of 2021-03 lacks 1 customers of rfm_scores\. Make it first"):
        require_covered(session, SNAPSHOT, "rfm_scores", "churn_risk")
