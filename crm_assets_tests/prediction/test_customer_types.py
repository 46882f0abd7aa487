"""``customer_types``: everybody once, each with the type it has and where it comes from."""

from __future__ import annotations

import pandas as pd
import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.prediction.customer_types import everybody_once
from crm_assets.warehouse import Session, read_query
from crm_assets_tests.conftest import Shop
from crm_assets_tests.retention.movement_shop import FEBRUARY, MARCH, fill, publish, snapshot

WINDOW = pd.DateOffset(months=12)

# customer: lifecycle, receipts, type, source, state
BY_HAND = {
    "stays": ("existing", 6, "A", "assigned", "A"),
    "slips": ("existing", 4, "B", "assigned", "B"),
    "lapses": ("lapsed", 4, "B", "carried", "lapsed"),
    "returns": ("existing", 5, "B", "assigned", "B"),
    "never typed": ("lapsed", 4, None, "none", "lapsed"),
    "new, silent": ("new", 1, "B", "predicted", "new"),
    "new, buys": ("new", 2, "B", "predicted", "new"),
    "becomes A": ("existing", 4, "A", "assigned", "A"),
    "becomes B": ("existing", 4, "B", "assigned", "B"),
    "becomes untyped": ("existing", 4, None, "none", "untyped"),
    "first": ("new", 1, "A", "predicted", "new"),
    "first, at once A": ("existing", 5, "A", "assigned", "A"),
    "was untyped": ("existing", 5, "B", "assigned", "B"),
}


def by_customer(frame) -> dict[str, tuple]:
    names = ["lifecycle", "receipts", "segment_id", "source", "state"]
    frame = frame.astype(object).where(frame.notna(), None)
    return {row.customer_id: tuple(getattr(row, n) for n in names) for row in frame.itertuples()}


def test_march_equals_the_table_made_by_hand(session: Session):
    fill(session, [])
    assert by_customer(publish(session, "customer_types", MARCH)) == BY_HAND


def test_a_lapsed_customer_keeps_the_last_type_it_was_assigned_before(session: Session):
    """In February it lapsed with January's type; March's, when it is back, is no news of February."""
    fill(session, [])
    made = by_customer(publish(session, "customer_types", FEBRUARY))
    assert made["returns"] == ("lapsed", 4, "A", "carried", "lapsed")
    assert "first" not in made and len(made) == 11


def test_new_customers_who_are_clustered_too_are_assigned(session: Session):
    """cluster_population=all."""
    fill(session, [])
    session.execute(
        "insert into cluster_assignments (month, customer_id, segment_id, segment_name) "
        "values (date '2021-03-01', 'new, buys', 'A', 'type A')"
    )
    made = by_customer(publish(session, "customer_types", MARCH))
    assert made["new, buys"] == ("new", 2, "A", "assigned", "A")
    assert {k: v for k, v in made.items() if k != "new, buys"} == {k: v for k, v in BY_HAND.items() if k != "new, buys"}


def test_a_month_without_types_and_model_still_has_everybody(session: Session):
    fill(session, [])
    session.execute("delete from cluster_assignments")
    session.execute("delete from new_customer_predictions")
    made = by_customer(publish(session, "customer_types", MARCH))
    assert {source for _, _, _, source, _ in made.values()} == {"none"}
    assert {state for *_, state in made.values()} == {"new", "lapsed", "untyped"}
    assert len(made) == len(BY_HAND)


def test_a_new_customer_of_whom_the_model_is_not_sure_has_no_type(session: Session):
    fill(session, [])
    session.execute(
        "update new_customer_predictions set abstained = true where customer_id = 'first' and month = date '2021-03-01'"
    )
    assert everybody_once(session, stage(session), snapshot(MARCH)).passed
    made = by_customer(publish(session, "customer_types", MARCH))
    assert made["first"] == ("new", 1, None, "abstained", "new")
    assert {k: v for k, v in made.items() if k != "first"} == {k: v for k, v in BY_HAND.items() if k != "first"}
    session.execute("update new_customer_predictions set abstained = true where customer_id = 'new, buys'")
    staged = session.stage(CONTRACTS["customer_types"], "select * from customer_types where month = date '2021-03-01'")
    check = everybody_once(session, staged, snapshot(MARCH))
    assert not check.passed and "abstained 1, abstained in predictions 2" in check.description


def stage(session: Session) -> str:
    return session.stage(CONTRACTS["customer_types"], read_query("customer_types"), **snapshot(MARCH).parameters)


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        ("delete from customer_lifecycles where customer_id = 'stays'", "assigned 6, in cluster_assignments 7"),
        (
            "insert into new_customer_predictions (month, customer_id, segment_id) "
            "values (date '2021-03-01', 'never typed', 'A')",
            "predicted or abstained 3, in predictions 4",
        ),
    ],
)
def test_tables_that_are_out_of_step_fail_the_check(session: Session, harm: str, told: str):
    fill(session, [])
    assert everybody_once(session, stage(session), snapshot(MARCH)).passed
    session.execute(harm)
    check = everybody_once(session, stage(session), snapshot(MARCH))
    assert not check.passed and told in check.description and "crm refresh --months 2021-03" in check.description


@pytest.mark.parametrize("name", ["demo_shop", "online_retail"])
def test_every_month_holds_everybody_seen_so_far(name: str, request: pytest.FixtureRequest):
    """Counted again in pandas, from receipts alone."""
    shop: Shop = request.getfixturevalue(name)
    receipts = shop.frame("select month, customer_id from receipts")
    made = shop.frame("select month, customer_id, lifecycle, receipts, source, segment_id from customer_types")
    months = sorted(receipts["month"].unique())
    assert sorted(made["month"].unique()) == months
    for month in months:
        seen = receipts[receipts["month"] <= month].groupby("customer_id").size()
        now = made[made["month"] == month].set_index("customer_id")
        assert now["receipts"].sort_index().to_dict() == seen.sort_index().to_dict()
        recent = set(receipts[(receipts["month"] <= month) & (receipts["month"] > month - WINDOW)]["customer_id"])
        expected = {c: "new" if n <= 3 else "existing" if c in recent else "lapsed" for c, n in seen.items()}
        assert now["lifecycle"].to_dict() == expected
        assert (now["segment_id"].isna() == now["source"].isin(["none", "abstained"])).all()
