"""``customer_moves``: the reason is what the models say, not a guess."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import columns
from crm_assets.defs.making import of_snapshot
from crm_assets.retention.movement import counted, reasons
from crm_assets.segmentation.cluster_model import ClusterModel
from crm_assets.warehouse import OutOfStep, Session, read_query
from crm_assets_tests.conftest import Shop
from crm_assets_tests.making import at_work
from crm_assets_tests.retention.movement_shop import MARCH, fill, snapshot

PUSHES = ["recency_push", "frequency_push", "monetary_push"]


def model(**centroids: tuple[float, float, float]) -> ClusterModel:
    """Unscaled R, F, M and the given centres."""
    return ClusterModel(
        fitted_as_of="2021-02-28",
        scaling="standard",
        means=(0.0, 0.0, 0.0),
        scales=(1.0, 1.0, 1.0),
        centroids=tuple(tuple(map(float, c)) for c in centroids.values()),
        segment_ids=tuple(centroids),
        seed=1,
        customers=2,
        k_scan=(),
        k_reason="",
        jaccard=(),
        ended={},
        profile={},
    )


def moves(*rows: tuple) -> pd.DataFrame:
    """from, to, R F M before (None = outside the window), R F M after, optionally the lifecycles."""
    made = []
    for i, (from_state, to_state, then, now, *lifecycles) in enumerate(rows):
        life = lifecycles or ["existing", "existing"]
        row = {"customer_id": f"c{i}", "from_state": from_state, "to_state": to_state}
        row |= {"lifecycle_before": life[0], "lifecycle_after": life[1]}
        for moment, values in (("before", then), ("after", now)):
            r, f, m = values or (None, None, None)
            row |= {f"recency_days_{moment}": r, f"frequency_{moment}": f}
            row[f"monetary_{moment}"] = None if m is None else str(m)
        made.append(row)
    return pd.DataFrame(made)


OLD = model(A=(0, 0, 0), B=(10, 0, 0), C=(0, 10, 10))


@pytest.mark.parametrize(
    ("move", "reason"),
    [
        (("new", "A", (1, 3, 1), (1, 4, 1), "new", "existing"), "receipts"),
        (("new", "untyped", None, (1, 4, 1), "new", "existing"), "receipts"),
        (("A", "lapsed", (9, 1, 1), None, "existing", "lapsed"), "no_purchase"),
        (("untyped", "lapsed", (9, 1, 1), None, "existing", "lapsed"), "no_purchase"),
        (("lapsed", "A", None, (1, 1, 1), "lapsed", "existing"), "returned"),
        (("A", "new", (9, 1, 1), None, "new", "new"), "no_purchase"),  # cluster_population=all
        (("new", "A", None, (1, 1, 1), "new", "new"), "returned"),
        (("untyped", "A", (1, 1, 1), (1, 1, 1)), "model"),  # the first month with types
        (("A", "untyped", (1, 1, 1), (1, 1, 1)), "model"),
        (("A", "B", (1, 1, 1), (9, 1, 1)), "recency"),
        (("B", "A", (9, 1, 1), (1, 1, 1)), "recency"),
        (("A", "C", (0, 2, 2), (0, 9, 4)), "frequency"),
        (("A", "C", (0, 2, 2), (0, 4, 9)), "monetary"),
    ],
)
def test_reasons(move: tuple, reason: str):
    made = reasons(moves(move), OLD, OLD)
    assert made["reason"].tolist() == [reason]
    assert made[PUSHES].notna().all(axis=None) == (reason in ("recency", "frequency", "monetary"))


def test_the_coordinate_that_moved_most_is_not_the_reason_when_it_does_not_lead_there():
    """Recency went 30 along the border of A and C; 8 of frequency carried the customer over it."""
    made = reasons(moves(("A", "C", (0, 0, 4), (-30, 8, 4))), model(A=(0, 0, 0), C=(0, 10, 10)), model(
        A=(0, 0, 0), C=(0, 10, 10)))  # fmt: skip
    assert made["reason"].tolist() == ["frequency"]
    assert made[PUSHES].to_numpy().tolist() == [[0, pytest.approx(8 / np.sqrt(2)), 0]]


def test_a_refit_moves_customers_who_stay_where_they_are():
    """The border between A and B goes from 5 to 7.5: who was at 6 is A now without having moved; who went from 6 to 4
    would have moved under the old model too."""
    new = model(A=(5, 0, 0), B=(10, 0, 0), C=(0, 10, 10))
    made = reasons(moves(("B", "A", (6, 0, 0), (6, 0, 0)), ("B", "A", (6, 0, 0), (4, 0, 0))), OLD, new)
    assert made["reason"].tolist() == ["model", "recency"]
    assert made["recency_push"].tolist() == [pytest.approx(np.nan, nan_ok=True), 2.0]


@pytest.mark.parametrize(
    ("move", "before", "after", "month"),
    [
        (("A", "B", (9, 0, 0), (9, 0, 0)), OLD, OLD, "the month before"),
        (("A", "B", (1, 0, 0), (2, 0, 0)), OLD, OLD, "the month"),
        (("A", "B", (1, 0, 0), (9, 0, 0)), None, OLD, "the month before"),
        (("A", "B", (1, 0, 0), (9, 0, 0)), OLD, None, "the month"),
    ],
)
def test_stored_types_that_their_model_does_not_give_are_refused(move, before, after, month: str):
    with pytest.raises(OutOfStep, match=f"customer c0 in {month} is not what"):
        reasons(moves(move), before, after)


def test_the_order_of_the_rows_does_not_matter():
    some = moves(("A", "B", (1, 1, 1), (9, 1, 1)), ("A", "C", (0, 2, 2), (0, 9, 4)), ("A", "lapsed", (9, 1, 1), None))
    pd.testing.assert_frame_equal(reasons(some, OLD, OLD), reasons(some[::-1], OLD, OLD))


def test_nobody_moved():
    made = reasons(moves(("A", "B", (1, 1, 1), (9, 1, 1))).iloc[:0], None, None)
    assert made.empty and counted(made).empty and set(PUSHES) <= set(made.columns)


def test_the_hand_made_shop_goes_through_its_contracts(session: Session):
    """Everybody off the diagonal of the matrix once; money as it came."""
    fill(session)
    found = session.frame(read_query("customer_moves"), **snapshot(MARCH).parameters)
    february = model(A=(20, 4, 40), B=(50, 3, 30))
    march = model(A=(21, 4, 40), B=(49, 2, 20))
    made = reasons(found[found["customer_id"] != "was untyped"], february, march)
    rows = of_snapshot(made, snapshot(MARCH))[[c.name for c in columns(CONTRACTS["customer_moves"])]]
    staged = session.stage_frame(CONTRACTS["customer_moves"], rows)
    assert session.violations(CONTRACTS["customer_moves"], staged) == []
    assert dict(session.rows(f"select customer_id, reason from {staged}")) == {
        "slips": "recency",
        "lapses": "no_purchase",
        "returns": "returned",
        "becomes A": "receipts",
        "becomes B": "receipts",
        "becomes untyped": "receipts",
    }
    assert str(session.scalar(f"select monetary_before from {staged} where customer_id = 'slips'")) == "40.0000"
    also = at_work(session, "customer_moves", MARCH.isoformat()).also("move_reasons", counted(made))
    assert session.violations(also.contract, also.staged) == []
    assert session.scalar(f"select sum(customers) from {also.staged}") == len(made) == 6


@pytest.mark.parametrize("name", ["demo_shop", "online_retail"])
def test_every_reason_again_by_hand(name: str, request: pytest.FixtureRequest):
    """From the stored model files with plain numpy: nearest centre by the old model, and the way over the border."""
    shop: Shop = request.getfixturevalue(name)
    made = shop.frame("select * from customer_moves order by month, customer_id")
    files = dict(shop.frame("select month, path from cluster_models").itertuples(index=False))
    fitted = {m: json.loads((shop.data / p).read_text()) for m, p in files.items()}
    typed = made[made["reason"].isin(["recency", "frequency", "monetary", "model"])]
    checked = 0
    for row in typed[~typed["from_state"].isin(["untyped"]) & (typed["to_state"] != "untyped")].itertuples():
        old = fitted[row.month - pd.DateOffset(months=1)]
        ids, centres = old["segment_ids"], np.array(old["centroids"])

        def place(r, f, m, old=old):
            return (np.array([r, np.log1p(f), np.log1p(m)]) - old["means"]) / old["scales"]

        then = place(row.recency_days_before, row.frequency_before, float(row.monetary_before))
        now = place(row.recency_days_after, row.frequency_after, float(row.monetary_after))
        would_be = ids[int(((centres - now) ** 2).sum(axis=1).argmin())]
        if would_be == row.from_state:
            assert row.reason == "model"
        else:
            across = centres[ids.index(would_be)] - centres[ids.index(row.from_state)]
            push = (now - then) * across / np.linalg.norm(across)
            assert [row.recency_push, row.frequency_push, row.monetary_push] == pytest.approx(list(push), abs=1e-9)
            assert push.sum() > 0  # it went over the border
            assert row.reason == ("recency", "frequency", "monetary")[int(push.argmax())]
        checked += 1
    off_diagonal = shop.value(
        """select sum(customers) from segment_migration where scheme = 'type' and from_state <> to_state
        and from_state <> 'first_purchase'"""
    )
    assert len(made) == off_diagonal == shop.value("select sum(customers) from move_reasons")
    print(
        f"{name}: {len(made):,} moves, {checked:,} between types, of the model alone {(made.reason == 'model').sum():,}"
    )
    assert checked > 100 and (made["reason"] == "model").any()
