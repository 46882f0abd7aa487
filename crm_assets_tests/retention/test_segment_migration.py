"""``segment_migration``: equal to a matrix made by hand; on refreshed shops every row and column sums exactly."""

from __future__ import annotations

import duckdb
import pandas as pd
import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.retention.segment_migration import sums_to_both_months
from crm_assets.retention.month_before import require_month_before
from crm_assets.warehouse import OutOfStep, Session, read_query
from crm_assets_tests import lifecycles
from crm_assets_tests.conftest import Shop
from crm_assets_tests.retention.movement_shop import FEBRUARY, MARCH, fill, publish, snapshot

# scheme, from, to: customers; window amount in February, in March; bought in March, their amount; in both windows,
# mean change of recency, frequency, monetary. A receipt costs 10. Recency grows by 31 days from a February receipt to
# the end of March, by 3 from the tenth of February to that of March.
BY_HAND = {
    ("type", "A", "A"): (1, 40, 40, 1, 20, 1, 3, 0, 0),
    ("type", "A", "B"): (1, 40, 20, 0, 0, 1, 31, -2, -20),
    ("type", "B", "lapsed"): (1, 40, 0, 0, 0, 0, None, None, None),
    ("type", "lapsed", "B"): (1, 0, 10, 1, 10, 0, None, None, None),
    ("type", "lapsed", "lapsed"): (1, 0, 0, 0, 0, 0, None, None, None),
    ("type", "new", "new"): (2, 20, 30, 1, 10, 2, 17, 0.5, 5),
    ("type", "new", "A"): (1, 20, 40, 1, 20, 1, 3, 2, 20),
    ("type", "new", "B"): (1, 30, 40, 1, 10, 1, 3, 1, 10),
    ("type", "new", "untyped"): (1, 30, 40, 1, 10, 1, 3, 1, 10),
    ("type", "untyped", "B"): (1, 40, 50, 1, 10, 1, 3, 1, 10),
    ("type", "first_purchase", "new"): (1, 0, 10, 1, 10, 0, None, None, None),
    ("type", "first_purchase", "A"): (1, 0, 50, 1, 50, 0, None, None, None),
    ("rfm_band", "VIP", "VIP"): (1, 40, 40, 1, 20, 1, 3, 0, 0),
    ("rfm_band", "VIP", "Promising"): (1, 40, 20, 0, 0, 1, 31, -2, -20),
    ("rfm_band", "Promising", "Promising"): (6, 140, 200, 5, 60, 6, 46 / 6, 1, 10),
    ("rfm_band", "Promising", "lapsed"): (1, 40, 0, 0, 0, 0, None, None, None),
    ("rfm_band", "lapsed", "Promising"): (1, 0, 10, 1, 10, 0, None, None, None),
    ("rfm_band", "lapsed", "lapsed"): (1, 0, 0, 0, 0, 0, None, None, None),
    ("rfm_band", "first_purchase", "Promising"): (2, 0, 60, 2, 60, 0, None, None, None),
    ("predicted_type", "A", "new"): (1, 10, 10, 0, 0, 1, 31, 0, 0),
    ("predicted_type", "B", "new"): (1, 10, 20, 1, 10, 1, 3, 1, 10),
    ("predicted_type", "A", "A"): (1, 20, 40, 1, 20, 1, 3, 2, 20),
    ("predicted_type", "A", "B"): (1, 30, 40, 1, 10, 1, 3, 1, 10),
    ("predicted_type", "unpredicted", "untyped"): (1, 30, 40, 1, 10, 1, 3, 1, 10),
}
FIGURES = ["customers", "revenue_before", "revenue_after", "bought", "revenue_month", "measured",
           "recency_days_change", "frequency_change", "monetary_change"]  # fmt: skip


def matrix(session: Session) -> pd.DataFrame:
    return publish(session, "segment_migration", MARCH)


def test_march_equals_the_matrix_made_by_hand(session: Session):
    fill(session)
    made = matrix(session).set_index(["scheme", "from_state", "to_state"])
    expected = pd.DataFrame.from_dict(BY_HAND, orient="index", columns=FIGURES).astype(float)
    expected.index = pd.MultiIndex.from_tuples(expected.index, names=made.index.names)
    found = made[FIGURES].astype(float)
    assert sorted(found.index) == sorted(expected.index)
    pd.testing.assert_frame_equal(found.sort_index(), expected.sort_index(), check_dtype=False)
    assert made.loc[("type", "new", "new"), ["share_of_from", "share_of_to"]].tolist() == pytest.approx([2 / 5, 2 / 3])
    assert made.loc[("rfm_band", "VIP", "Promising"), ["share_of_from", "share_of_to"]].tolist() == pytest.approx(
        [1 / 2, 1 / 10]
    )


def test_the_first_month_has_first_purchases_only(session: Session):
    fill(session, [FEBRUARY])
    made = publish(session, "segment_migration", FEBRUARY)
    assert set(made["from_state"]) == {"first_purchase"} and set(made["scheme"]) == {"type", "rfm_band"}
    assert made.groupby("scheme")["customers"].sum().to_dict() == {"type": 11, "rfm_band": 11}


@pytest.mark.parametrize(
    ("models", "changed"),
    [({}, 0), ({FEBRUARY: "x", MARCH: "x"}, 0), ({FEBRUARY: "x", MARCH: "y"}, 1), ({MARCH: "x"}, 1)],
)
def test_another_model_is_told(session: Session, models: dict, changed: int):
    fill(session)
    for month, sha256 in models.items():
        session.execute("insert into cluster_models (month, sha256) values (:month, :sha)", month=month, sha=sha256)
    assert set(matrix(session)["model_changed"]) == {changed}


def test_later_months_change_nothing(session: Session):
    fill(session)
    made = matrix(session)
    session.execute(
        "insert into receipts (month, customer_id, receipt_id, amount) values (date '2021-04-01', 'stays', 'x', 99)"
    )
    for table in ("customer_types", "rfm_scores", "cluster_models"):
        session.execute(f"insert into {table} (month) values (date '2021-04-01')")
    pd.testing.assert_frame_equal(matrix(session), made)


def test_a_month_before_that_is_not_made_is_refused(session: Session):
    """Everybody would seem to buy for the first time."""
    fill(session, [MARCH])
    with pytest.raises(OutOfStep, match=r"holds nobody in 2021-02, though 34 receipts.*--months 2021-02:2021-03"):
        require_month_before(session, snapshot(MARCH))


def test_the_first_month_of_history_needs_no_month_before(session: Session):
    fill(session, [])
    session.execute("delete from receipts where month < date '2021-03-01'")
    lifecycles.count(session, snapshot(MARCH))
    publish(session, "customer_types", MARCH)
    require_month_before(session, snapshot(MARCH))


def test_a_customer_that_is_gone_is_refused(session: Session):
    fill(session)
    session.execute("delete from customer_types where customer_id = 'stays' and month = date '2021-03-01'")
    with pytest.raises(OutOfStep, match=r"1 customers of 2021-02 are not in customer_types of 2021-03"):
        require_month_before(session, snapshot(MARCH))


def test_a_matrix_that_does_not_sum_fails_its_check(session: Session):
    fill(session)
    staged = session.stage(
        CONTRACTS["segment_migration"], read_query("segment_migration"), **snapshot(MARCH).parameters
    )
    assert sums_to_both_months(session, staged, snapshot(MARCH)).passed
    session.execute(f"update {staged} set to_state = 'B' where from_state = 'first_purchase' and to_state = 'A'")
    check = sums_to_both_months(session, staged, snapshot(MARCH))
    assert not check.passed
    assert check.description == (
        "2021-03 A: 2 in the matrix, 3 customers; 2021-03 B: 5 in the matrix, 4 customers. Make the whole month: "
        "`crm refresh --months 2021-03`."
    )


@pytest.mark.parametrize("name", ["demo_shop", "online_retail"])
def test_rows_and_columns_sum_to_the_customers_of_both_months(name: str, request: pytest.FixtureRequest):
    """Every month, by type and by band, laid side by side again in pandas."""
    shop: Shop = request.getfixturevalue(name)
    states = shop.frame(
        """select t.month, t.customer_id, t.state as type, coalesce(r.rfm_band, 'lapsed') as rfm_band
        from customer_types t left join rfm_scores r on r.month = t.month and r.customer_id = t.customer_id"""
    )
    made = shop.frame("select month, scheme, from_state, to_state, customers from segment_migration")
    months = sorted(states["month"].unique())
    for before, month in zip([None, *months], months, strict=False):
        now, then = (states[states["month"] == m].set_index("customer_id") for m in (month, before))
        for scheme in ("type", "rfm_band"):
            of_month = made[(made["month"] == month) & (made["scheme"] == scheme)]
            pairs = pd.DataFrame({"from_state": then[scheme], "to_state": now[scheme]})
            expected = pairs.fillna({"from_state": "first_purchase"}).value_counts().to_dict()
            assert of_month.set_index(["from_state", "to_state"])["customers"].to_dict() == expected
            assert of_month.groupby("to_state")["customers"].sum().to_dict() == now[scheme].value_counts().to_dict()
            rows = of_month[of_month["from_state"] != "first_purchase"]
            assert rows.groupby("from_state")["customers"].sum().to_dict() == then[scheme].value_counts().to_dict()
    print(f"{name}: {len(months)} months, {len(made)} pairs, every row and column sums")


def test_the_month_before_must_be_made_first(demo_shop: Shop, tmp_path):
    """A warehouse that lost February: March is refused with the remedy and keeps what it had; made in order it is the
    same again."""
    shop = demo_shop.copy(tmp_path / "shop")
    kept = "select * from segment_migration where month = date '2021-03-01' order by all"
    before = shop.frame(kept)
    with duckdb.connect(str(shop.data / "warehouse.duckdb")) as connection:
        connection.execute("delete from customer_types where month = date '2021-02-01'")
    printed = shop.crm("refresh", "--months", "2021-03", "--select", "segment_migration,customer_moves", ok=False)
    assert printed.count("customer_types holds nobody in 2021-02") >= 2
    assert "crm refresh --months 2021-02:2021-03" in printed
    pd.testing.assert_frame_equal(shop.frame(kept), before)
    shop.crm("refresh", "--months", "2021-02:2021-03", "--select", "customer_types,segment_migration")
    pd.testing.assert_frame_equal(shop.frame(kept), before)
