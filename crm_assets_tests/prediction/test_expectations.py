"""S0's three question marks: what a new customer is expected to like, how often to come, how much to spend."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from crm_assets.prediction.expectations import expectations, of_types
from crm_assets.warehouse import Session, read_query

CLAIMS = pd.DataFrame(
    [
        ("busy", "frequency", "", "above", True, 1),
        ("busy", "monetary", "", "above", False, 2),
        ("busy", "category_share", "fruit", "above", True, 5),
        ("busy", "category_share", "meat", "above", True, 4),
        ("busy", "category_share", "rice", "below", True, 3),
        ("thrifty", "frequency", "", "below", True, 2),
        ("thrifty", "monetary", "", "below", True, 1),
        ("thrifty", "category_share", "fruit", "above", False, 3),
        ("thrifty", "age_band", "20대", "above", True, 4),
        ("plain", "frequency", "", None, False, 1),
        ("plain", "monetary", "", "above", False, 2),
    ],
    columns=["segment_id", "measure", "category", "direction", "allowed", "rank"],
)


def nulls(frame: pd.DataFrame) -> list[tuple]:
    return list(frame.astype(object).where(frame.notna(), None).itertuples(index=False, name=None))


def test_levels_and_interest_of_a_type_need_evidence():
    found = of_types(CLAIMS)[["interest", "loyalty", "purchasing_power"]]
    assert dict(zip(found.index, nulls(found), strict=True)) == {
        "busy": ("meat", "high", "mid"),
        "plain": (None, "mid", "mid"),
        "thrifty": (None, "low", "low"),
    }
    pd.testing.assert_frame_equal(of_types(CLAIMS.sample(frac=1, random_state=1)), of_types(CLAIMS))


@pytest.mark.parametrize(
    ("segment_id", "abstained", "own", "expected"),
    [
        ("busy", False, "rice", ("rice", "own", "high", "mid")),
        ("busy", False, None, ("meat", "type", "high", "mid")),
        ("busy", True, None, (None, None, None, None)),
        ("busy", True, "rice", ("rice", "own", None, None)),
        ("thrifty", False, None, (None, None, "low", "low")),
        ("plain", False, None, (None, None, "mid", "mid")),
        ("of another month", False, None, (None, None, None, None)),
    ],
)
def test_own_purchases_come_first_and_an_unsure_type_says_nothing(segment_id, abstained, own, expected):
    """Beside another customer, and with an index of its own."""
    named = pd.DataFrame({"segment_id": ["busy", segment_id], "abstained": [False, abstained]}, index=[7, 3])
    found = expectations(named, pd.Series(["fruit", own], dtype="str"), of_types(CLAIMS))
    assert list(found.columns) == [
        "interest",
        "interest_source",
        "loyalty",
        "purchasing_power",
    ] and found.index.tolist() == [7, 3]
    assert nulls(found) == [("fruit", "own", "high", "mid"), expected]


def test_a_month_without_claims_has_own_interests_only():
    named = pd.DataFrame({"segment_id": ["busy", "busy"], "abstained": [False, False]})
    found = expectations(named, pd.Series(["fruit", None], dtype="str"), of_types(CLAIMS.head(0)))
    assert nulls(found) == [("fruit", "own", None, None), (None, None, None, None)]


def test_own_interest_is_where_most_was_spent_so_far(session: Session):
    """Not what comes later, no service, no product without category, no return; of equal ones the first by name."""
    products = [("P1", "fruit"), ("P2", "meat"), ("P3", "rice"), ("P4", None)]
    for product, category in products:
        session.execute(
            "insert into products by name select :p as product_id, :c as category_major", p=product, c=category
        )
    lines = [
        ("a", 1, "product", "P1", 10),
        ("a", 2, "product", "P1", 10),
        ("a", 2, "product", "P2", 15),
        ("a", 2, "product", "P4", 90),
        ("a", 2, "service", "P3", 80),
        ("a", 3, "product", "P2", 50),
        ("b", 2, "product", "P3", 7),
        ("b", 2, "product", "P2", 7),
        ("b", 2, "return", "P3", 9),
        ("c", 2, "product", "P4", 5),
        ("existing", 2, "product", "P1", 99),
    ]
    for customer, month, record_type, product, amount in lines:
        session.execute(
            """insert into raw_transactions by name select :m as month, :c as customer_id, :t as record_type,
            :p as product_id, cast(:a as decimal(18, 2)) as amount""",
            m=date(2021, month, 1),
            c=customer,
            t=record_type,
            p=product,
            a=Decimal(amount),
        )
    session.execute("create temp table new_customers as select * from (values ('a'), ('b'), ('c')) as n(customer_id)")
    found = session.rows(f"{read_query('own_interest')} order by customer_id", month=date(2021, 2, 1))
    assert found == [("a", "fruit"), ("b", "meat")]
