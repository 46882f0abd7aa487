"""Cells of type and band against pandas and scipy, and which small ones are called valuable."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control, mannwhitneyu, norm

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.segmentation.hybrid_segments import _refer
from crm_assets.segmentation.hybrids import cell_evidence
from crm_assets.warehouse import Session, read_query
from crm_assets_tests.prediction.feature_shop import insert

MONTH, BEFORE = date(2021, 3, 1), date(2021, 2, 1)
LIMITS = {"hybrid_max_share": 0.05, "hybrid_revenue_factor": 2.0, "max_p": 0.05, "min_delta": 0.33, "min_h": 0.2}
LEAST = 21


def people(seed=5, small_spend=900, small_bought=0.9):
    """1,200 customers in five cells over two months; the cell (S2, VIP) is small, spends and comes back as told."""
    draw = np.random.default_rng(seed)
    cells = [("S1", "VIP", 500), ("S1", "At-Risk", 400), ("S2", "At-Risk", 230), ("S2", "VIP", 50), ("S2", "New", 20)]
    frame = pd.DataFrame([(s, b) for s, b, n in cells for _ in range(n)], columns=["segment_id", "rfm_band"])
    special = (frame["segment_id"] == "S2") & (frame["rfm_band"] == "VIP")
    frame["monetary"] = draw.lognormal(4, 0.5, len(frame)).round(2)
    frame.loc[special, "monetary"] = (small_spend * draw.lognormal(0, 0.3, special.sum())).round(2)
    frame["bought"] = draw.random(len(frame)) < np.where(special, small_bought, 0.4)
    return frame.assign(customer_id=[f"C{i:04d}" for i in range(len(frame))])


def warehouse(frame, before=None):
    session = Session(duckdb.connect())
    session.ensure_tables()
    for month, customers in ((MONTH, frame), (BEFORE, frame if before is None else before)):
        rows = [
            {"month": month, "customer_id": c, "segment_id": s, "segment_name": f"persona {s}"}
            for c, s in zip(customers["customer_id"], customers["segment_id"], strict=True)
        ]
        insert(session, "cluster_assignments", rows)
        scores = [
            {"month": month, "customer_id": c, "rfm_band": b, "monetary": Decimal(f"{m:.2f}"), "recency_days": 4,
             "frequency": 5, "r_score": 3}
            for c, b, m in zip(customers["customer_id"], customers["rfm_band"], customers["monetary"], strict=True)
        ]  # fmt: skip
        insert(session, "rfm_scores", scores)
    # Two receipts of one customer are one buyer; a receipt of another month is none.
    buyers = frame.loc[frame["bought"], "customer_id"]
    insert(
        session, "receipts", [{"month": MONTH, "customer_id": c, "receipt_id": str(i)} for c in buyers for i in (1, 2)]
    )
    insert(session, "receipts", [{"month": BEFORE, "customer_id": c, "receipt_id": "3"} for c in frame["customer_id"]])
    return session


def cells(session):
    """(segment, band) → row; the contract must hold."""
    now, before = (
        session.frame(read_query("hybrid_customers"), month=MONTH, of_month=of_month) for of_month in (MONTH, BEFORE)
    )
    _refer(session, cell_evidence(now, before, LEAST))
    staged = session.stage(
        CONTRACTS["hybrid_segments"],
        read_query("hybrid_segments"),
        month=MONTH,
        month_before=BEFORE,
        as_of=date(2021, 3, 31),
        **LIMITS,
    )
    assert session.violations(CONTRACTS["hybrid_segments"], staged) == []
    return session.frame(f"select * from {staged}").set_index(["segment_id", "rfm_band"]).sort_index()


def cohens_h(a, b):
    return 2 * np.arcsin(np.sqrt(a)) - 2 * np.arcsin(np.sqrt(b))


def two_proportions(own, others):
    share = (own.sum() + others.sum()) / (len(own) + len(others))
    z = (own.mean() - others.mean()) / np.sqrt(share * (1 - share) * (1 / len(own) + 1 / len(others)))
    return 2 * norm.sf(abs(z))


def test_the_cells_equal_pandas_and_scipy():
    frame = people()
    made = cells(warehouse(frame))
    groups = frame.groupby(["segment_id", "rfm_band"])
    assert made["customers"].to_dict() == groups.size().to_dict()
    assert made["customer_share"].to_dict() == pytest.approx((groups.size() / len(frame)).to_dict())
    spent = groups["monetary"].sum()
    assert made["revenue"].to_dict() == pytest.approx(spent.to_dict())
    assert made["revenue_share"].to_dict() == pytest.approx((spent / spent.sum()).to_dict())
    assert made["monetary_mean"].to_dict() == pytest.approx(groups["monetary"].mean().to_dict())
    assert made["buyers_in_month"].to_dict() == groups["bought"].sum().to_dict()
    assert made["retention"].to_dict() == pytest.approx(groups["bought"].mean().to_dict())
    tested = {}
    for cell, own in groups:
        others = frame.drop(own.index)
        if len(own) >= LEAST:
            u, p = mannwhitneyu(own["monetary"], others["monetary"], method="asymptotic", use_continuity=False)
            delta = 2 * u / (len(own) * len(others)) - 1
            h = cohens_h(own["bought"].mean(), others["bought"].mean())
            tested[cell] = (delta, p, h, two_proportions(own["bought"], others["bought"]), others["bought"].mean())
    raw = np.array(list(tested.values()))
    adjusted = false_discovery_control(np.concatenate([raw[:, 1], raw[:, 3]])).reshape(2, -1)
    for i, cell in enumerate(tested):
        row = made.loc[cell]
        assert row["effect"] == pytest.approx(raw[i, 0]) and row["retention_effect"] == pytest.approx(raw[i, 2])
        assert row["p_adjusted"] == pytest.approx(adjusted[0, i], abs=1e-12)
        assert row["retention_p_adjusted"] == pytest.approx(adjusted[1, i], abs=1e-12)
        assert row["retention_others"] == pytest.approx(raw[i, 4])
    assert len(tested) == 4 and made.loc[("S2", "New"), ["effect", "p_adjusted", "retention_effect"]].isna().all()


@pytest.mark.parametrize(
    ("spend", "bought", "found"),
    [(900, 0.9, "both"), (900, 0.4, "revenue"), (55, 0.9, "retention"), (55, 0.4, None)],
)
def test_small_cells_are_called_valuable_with_evidence_only(spend, bought, found):
    made = cells(warehouse(people(small_spend=spend, small_bought=bought)))["small_valuable"]
    called = made.dropna().to_dict()
    assert called == ({} if found is None else {("S2", "VIP"): found})


def test_a_large_cell_is_not_small():
    """The same customers, ten times as many of the special cell: more than 5 % of all."""
    frame = people()
    special = frame[(frame["segment_id"] == "S2") & (frame["rfm_band"] == "VIP")]
    more = [special.assign(customer_id=special["customer_id"] + f"-{i}") for i in range(9)]
    made = cells(warehouse(pd.concat([frame, *more], ignore_index=True)))
    assert made["small_valuable"].isna().all() and made.loc[("S2", "VIP"), "p_adjusted"] < 1e-6


def test_retention_is_of_those_in_the_cell_a_month_ago():
    """Today's band knows who has just bought; whoever is in a cell today only because of it does not count."""
    frame = people()
    before = frame.assign(rfm_band=frame["rfm_band"].where(~frame["bought"], "At-Risk"))
    made = cells(warehouse(frame, before))
    assert made.loc[("S1", "VIP"), "retention"] == 0 and made.loc[("S1", "VIP"), "buyers_in_month"] > 100
    assert made.loc[("S1", "VIP"), "customers_before"] == (~frame["bought"][frame.index < 500]).sum()


def test_a_cell_that_was_large_a_month_ago_is_not_small_in_retention():
    frame = people(small_spend=55)
    before = frame.assign(rfm_band=frame["rfm_band"].where(frame["segment_id"] != "S2", "VIP"))
    before.loc[before.index[900:1150], "segment_id"] = "S2"
    made = cells(warehouse(frame, before))
    assert made.loc[("S2", "VIP"), "customers_before"] > 0.05 * len(frame) and made["small_valuable"].isna().all()


def test_the_first_month_has_no_retention():
    frame = people()
    made = cells(warehouse(frame, frame.iloc[:0]))
    assert made[["customers_before", "retention", "retention_p_adjusted"]].isna().all(axis=None)
    assert made["effect"].notna().sum() == 4


def test_later_months_change_nothing():
    frame = people()
    session = warehouse(frame)
    made = cells(session)
    late = date(2021, 4, 1)
    session.execute("insert into receipts (month, customer_id) select :late, customer_id from rfm_scores", late=late)
    session.execute(
        """insert into rfm_scores (month, customer_id, rfm_band, monetary, recency_days, frequency)
        select :late, customer_id, 'VIP', 999999, 0, 99 from rfm_scores where month = :month""",
        late=late,
        month=MONTH,
    )
    pd.testing.assert_frame_equal(cells(session), made)


def test_a_month_without_types_has_no_cells():
    frame = people().iloc[:0]
    assert cells(warehouse(frame)).empty


def test_coming_back_counts_against_customers_of_the_same_recency():
    """Whoever bought lately buys again more often: a recent cell is not valuable for that alone."""
    draw = np.random.default_rng(3)
    r_score = np.repeat([1, 5], [3_000, 600])
    frame = pd.DataFrame({"r_score": r_score, "segment_id": np.where(r_score == 1, "a", "b"), "rfm_band": "y"})
    frame.loc[frame.index[-100:], "rfm_band"] = "x"  # a small cell among the recent ones
    frame["monetary"] = draw.lognormal(4, 1, len(frame))
    frame["bought"] = draw.random(len(frame)) < np.where(r_score == 1, 0.02, 0.85)
    by_recency = cell_evidence(frame, frame, LEAST).set_index(["segment_id", "rfm_band"])
    assert by_recency.loc[("b", "x"), "retention_p_adjusted"] > 0.05
    recent = frame[(frame["r_score"] == 5) & (frame["rfm_band"] == "y")]
    assert by_recency.loc[("b", "x"), "retention_others"] == pytest.approx(recent["bought"].mean())
    pooled = cell_evidence(frame, frame.assign(r_score=3), LEAST).set_index(["segment_id", "rfm_band"])
    assert pooled.loc[("b", "x"), "retention_p_adjusted"] < 1e-6, "against everybody it would seem so"


def test_random_cells_are_seldom_called_valuable():
    """Labels without meaning: at most 5 % of the trials may call any cell valuable."""
    draw, called = np.random.default_rng(1), 0
    trials = 200
    for _ in range(trials):
        frame = pd.DataFrame({
            "segment_id": draw.choice(["a", "b"], 1500, p=[0.9, 0.1]),
            "rfm_band": draw.choice(["x", "y", "z"], 1500, p=[0.5, 0.3, 0.2]),
            "monetary": draw.lognormal(4, 1.5, 1500),
            "bought": draw.random(1500) < 0.3,
            "r_score": draw.integers(1, 6, 1500),
        })  # fmt: skip
        found = cell_evidence(frame, frame, LEAST)
        spend = (found["p_adjusted"] < 0.05) & (found["effect"] >= 0.33)
        called += bool(
            spend.any() or ((found["retention_p_adjusted"] < 0.05) & (found["retention_effect"] >= 0.2)).any()
        )
    print(f"random cells: {called} of {trials} trials call one valuable")
    assert called <= 0.05 * trials
