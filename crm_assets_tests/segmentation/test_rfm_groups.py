"""``rfm_groups`` and ``rfm_thresholds`` against pandas, figure by figure, and at the edges."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import key
from crm_assets.defs.segmentation.rfm_groups import refer
from crm_assets.months import Snapshot
from crm_assets.segmentation.rfm import SCHEMES, read_schemes
from crm_assets.segmentation.rfm_lint import surprises
from crm_assets.settings import Settings
from crm_assets.warehouse import Session, read_query
from crm_assets_tests.segmentation.rfm_by_hand import with_groups

SNAPSHOT = Snapshot(date(2021, 3, 1), date(2020, 12, 27), 12)
BY_SCHEME = read_schemes(Settings.read({}).reference)


def customers(n: int, seed: int = 5) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    frequency = draw.geometric(0.2, n)
    frame = pd.DataFrame(
        {
            "customer_id": [f"c{i}" for i in range(n)],
            "recency_days": draw.integers(0, 90, n),
            "recency_from_start_days": 0,
            "frequency": frequency,
            "visit_days": np.maximum(1, frequency - draw.integers(0, 3, n)),
            "monetary": draw.integers(100, 10**7, n) / 100,
        }
    )
    return with_groups(frame)


def stored(session: Session, frame: pd.DataFrame, month: date = SNAPSHOT.month) -> None:
    if frame.empty:
        return
    rows = frame.assign(
        month=month, as_of=SNAPSHOT.as_of, monetary=[Decimal(str(round(v, 2))) for v in frame["monetary"]]
    )
    session.connection.register("rows", rows)
    session.execute(f"insert into rfm_scores ({', '.join(rows)}) select {', '.join(rows)} from rows")
    session.connection.unregister("rows")


def made(session: Session, table: str, **parameters: object) -> pd.DataFrame:
    refer(session, BY_SCHEME)
    staged = session.stage(CONTRACTS[table], read_query(table), **SNAPSHOT.parameters, **parameters)
    assert session.violations(CONTRACTS[table], staged) == []
    return session.frame(f"select * from {staged} order by {', '.join(key(CONTRACTS[table]))}")


def test_every_figure_of_every_group_equals_pandas(session: Session):
    frame = customers(400)
    stored(session, frame)
    groups = made(session, "rfm_groups", sample_weight=20.0)
    broken = {name: {s.cell for s in surprises(BY_SCHEME[name])} for name in SCHEMES}
    for scheme in SCHEMES:
        rows = groups[groups["scheme"] == scheme].sort_values("position")
        assert rows["group_name"].tolist() == [g.name for g in BY_SCHEME[scheme].groups]
        assert rows["customer_share"].sum() == pytest.approx(1) and rows["revenue_share"].sum() == pytest.approx(1)
        for row in rows.itertuples():
            own = frame[frame[scheme] == row.group_name]
            assert (row.customers, row.estimated_members) == (len(own), 20 * len(own))
            assert row.customer_share == pytest.approx(len(own) / 400)
            assert row.revenue == pytest.approx(own["monetary"].sum())
            for measure in ("recency_days", "frequency", "monetary", "visit_days"):
                mean = getattr(row, f"{measure}_mean")
                assert pd.isna(mean) if own.empty else mean == pytest.approx(own[measure].mean())
            if scheme in ("rfm_grade", "rfm_type"):
                assert pd.isna(row.surprise_customers)
            else:
                assert row.surprise_customers == own["rfm_score"].isin(broken[scheme]).sum()


def test_a_group_that_holds_nobody_has_its_row(session: Session):
    stored(session, customers(1))
    groups = made(session, "rfm_groups", sample_weight=1.0)
    assert len(groups) == 10 + 11 + 8 + 12
    assert (groups.groupby("scheme")["customers"].sum() == 1).all()
    assert groups.loc[groups["customers"] == 0, "revenue"].eq(0).all()


def test_without_revenue_there_are_no_shares_of_it(session: Session):
    stored(session, customers(10).assign(monetary=0.0))
    assert made(session, "rfm_groups", sample_weight=1.0)["revenue_share"].isna().all()


def test_the_ranges_behind_scores_and_medians_equal_pandas(session: Session):
    frame = customers(301)
    stored(session, frame)
    limits = made(session, "rfm_thresholds").set_index(["measure", "kind", "level"])
    assert len(limits) == 3 * 7
    for place, measure in enumerate(("recency_days", "frequency", "monetary")):
        for score in range(1, 6):
            values = frame.loc[frame[f"{measure[0]}_score"] == score, measure]
            row = limits.loc[(measure, "score", str(score))]
            assert row["customers"] == len(values)
            if len(values):
                assert (row["low"], row["high"]) == (pytest.approx(values.min()), pytest.approx(values.max()))
        upper = frame.loc[frame["rfm_grade"].str[place] == "H", measure]
        row = limits.loc[(measure, "median", "H")]
        assert (row["low"], row["high"], row["customers"]) == (
            pytest.approx(upper.min()), pytest.approx(upper.max()), len(upper)
        )  # fmt: skip
    units = limits.groupby("measure")["unit"].first().to_dict()
    assert units == {"recency_days": "days", "frequency": "receipts", "monetary": "currency"}


def test_a_score_that_ties_left_empty_has_a_row_without_a_range(session: Session):
    stored(session, with_groups(customers(20).assign(frequency=1)))
    limits = made(session, "rfm_thresholds").set_index(["measure", "kind", "level"])
    assert limits.loc[("frequency", "score", "1"), "customers"] == 20
    assert limits.loc[("frequency", "score", "5"), "customers"] == 0
    assert pd.isna(limits.loc[("frequency", "score", "5"), "low"])


@pytest.mark.parametrize(("table", "parameters"), [("rfm_groups", {"sample_weight": 1.0}), ("rfm_thresholds", {})])
def test_only_the_month_is_read_and_an_empty_one_has_no_rows(session: Session, table: str, parameters: dict):
    stored(session, customers(50, seed=9), month=date(2021, 4, 1))
    assert made(session, table, **parameters).empty
    stored(session, customers(50))
    before = made(session, table, **parameters)
    session.execute("update rfm_scores set monetary = 9e9, rfm_band = 'VIP' where month = '2021-04-01'")
    pd.testing.assert_frame_equal(made(session, table, **parameters), before)
