"""No model column tells a total: planted ones are named however they are called, honest ones of small shops are not."""

from __future__ import annotations

from datetime import date

import dagster as dg
import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from crm_assets.contracts.feature_sets import model_columns
from crm_assets.contracts.feature_table import FeatureTable
from crm_assets.defs.prediction.feature_table import no_totals
from crm_assets.months import Snapshot
from crm_assets.prediction import totals
from crm_assets.prediction.totals import LEAST, proxies, rank_correlations, totals_of
from crm_assets_tests import lifecycles
from crm_assets_tests.online_retail_frames import feature_rows, online_retail_receipts

MONTH = Snapshot(date(2021, 3, 1), date(2020, 12, 1), 12)


def histories(size: int = 400, seed: int = 1, receipts: tuple[int, int] = (4, 40)) -> pd.DataFrame:
    """Whole histories of existing customers."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "month": pd.Timestamp(MONTH.month),
            "as_of": pd.Timestamp(MONTH.as_of),
            "customer_id": [f"C{i:05d}" for i in range(size)],
            "cutoff": "as_of",
            "cutoff_at": pd.Timestamp(MONTH.as_of) - pd.to_timedelta(rng.integers(0, 100 * 24, size), unit="h"),
            "receipts": rng.integers(*receipts, size),
            "receipt_amount_mean": np.exp(rng.normal(3, 0.6, size)).round(2),
            "gender": rng.choice(["female", "male"], size),
        }
    ).reindex(columns=["month", "as_of", "customer_id", "cutoff", "cutoff_at", "receipts", *model_columns()])


def spend(rows: pd.DataFrame) -> pd.Series:
    return rows["receipts"] * rows["receipt_amount_mean"]


PLANTED = {
    "log of spend": ("spend", lambda r: np.log(spend(r))),
    "inverse of spend": ("spend", lambda r: 1 / spend(r)),
    "receipts": ("receipts", lambda r: r["receipts"]),
    "root of receipts": ("receipts", lambda r: np.sqrt(r["receipts"])),
    "minus recency": ("recency", lambda r: -(r["as_of"] - r["cutoff_at"].dt.normalize()).dt.days),
    "hours since 2020": ("recency", lambda r: (r["cutoff_at"] - pd.Timestamp("2020-01-01")) / pd.Timedelta("1h")),
    "spend, of half of them": ("spend", lambda r: spend(r).where(r.index % 2 == 0)),
    "spend, nearly": ("spend", lambda r: spend(r) * (1 + 0.02 * np.sin(r.index))),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_total_is_named(name: str):
    total, plant = PLANTED[name]
    rows = histories()
    found = proxies(rows.assign(quantity_mean=plant(rows)), model_columns())
    assert [(p.column, p.total) for p in found] == [("quantity_mean", total)] and abs(found[0].correlation) >= 0.99


def test_a_text_that_sorts_as_a_total_is_named_too():
    """A model sees the codes of categories, which are in order of the texts."""
    rows = histories()
    found = proxies(rows.assign(partner_mode=[f"{round(s):09d}" for s in spend(rows)]), model_columns())
    assert [(p.column, p.total) for p in found] == [("partner_mode", "spend")]


def test_averages_and_columns_that_only_lean_on_a_total_stay():
    rows = histories()
    leaning = rows.assign(
        receipt_amount_max=rows["receipt_amount_mean"] * np.log(rows["receipts"]),
        purchase_month_mean=rows["cutoff_at"].dt.month,
        unit_amount_mean=5.0,
    )
    assert proxies(leaning, model_columns()) == []


@pytest.mark.parametrize("receipts", [(4, 5), (4, 6), (100, 103)])
def test_an_average_of_a_shop_where_all_have_as_many_receipts_stays(receipts: tuple[int, int]):
    """There, spend orders customers as its average does, and proves nothing; receipts and recency still do."""
    rows = histories(receipts=receipts)
    assert proxies(rows, model_columns()) == []
    found = proxies(rows.assign(quantity_mean=rows["cutoff_at"].dt.normalize().astype("int64")), model_columns())
    assert [(p.column, p.total) for p in found] == [("quantity_mean", "recency")]


def test_fifty_small_honest_shops_are_not_accused():
    """As few customers as are looked at, most with four or five receipts: the largest receipt orders them as the sum
    does, above the limit in some of these shops, but there the average does too."""
    highest = 0.0
    for seed in range(50):
        rng = np.random.default_rng(seed)
        more, between, within = rng.choice([0.3, 0.8, 1.5]), rng.choice([0.3, 0.8, 1.5]), rng.choice([0.1, 0.4])
        rows = histories(LEAST, seed=seed).assign(receipts=4 + rng.poisson(more, LEAST))
        amounts = [np.exp(rng.normal(0, between) + rng.normal(0, within, size)) for size in rows["receipts"]]
        for name, of in {"mean": np.mean, "max": np.max, "min": np.min}.items():
            rows[f"receipt_amount_{name}"] = [of(paid) for paid in amounts]
        assert proxies(rows, model_columns()) == []
        highest = max(highest, rank_correlations(rows["receipt_amount_max"].to_numpy(), totals_of(rows))["spend"])
    assert highest > 0.99


def test_the_correlation_is_spearmans():
    rows, rng = histories(), np.random.default_rng(2)
    column = (rows["receipts"] // 5 + rng.integers(0, 4, len(rows))).astype(float)
    column[::7] = np.nan
    known = column.notna()
    found = rank_correlations(column.to_numpy(), totals_of(rows))
    for total, values in totals_of(rows).items():
        assert found[total] == pytest.approx(spearmanr(column[known], values[known]).statistic)


def test_online_retail_has_no_column_that_tells_a_total(real_data):
    receipts = online_retail_receipts(real_data)
    for as_of in ("2010-12-31", "2011-01-31", "2011-06-30", "2011-12-31"):
        rows = feature_rows(receipts, "as_of", as_of)
        existing = rows[rows["receipts"] > 3]
        assert len(existing) > LEAST and proxies(existing, model_columns()) == []


def checked(session, staged: str) -> dg.AssetCheckResult:
    """The check's answer."""
    lifecycles.as_told_by(session, staged)
    return no_totals(*totals.looked_at(session, staged, MONTH))


def customers_in(result: dg.AssetCheckResult) -> int:
    return result.metadata["customers looked at"].value


def test_the_check_passes_honest_rows_and_names_a_planted_column(session):
    rows = histories()
    honest = session.stage_frame(FeatureTable, rows)
    result = checked(session, honest)
    assert result.passed and customers_in(result) == 400 and result.description is None
    guilty = session.stage_frame(FeatureTable, rows.assign(unit_amount_mean=np.log(spend(rows))))
    result = checked(session, guilty)
    assert not result.passed and "2021" not in result.description
    assert result.description.startswith("unit_amount_mean tells spend (rank correlation +1.000). A new customer's")


def test_new_customers_cuts_and_other_months_are_not_looked_at(session):
    """Of a new customer an average may well order as the total does."""
    rows = histories()
    few = rows.assign(receipts=3, customer_id="N" + rows["customer_id"])
    cuts = rows.assign(cutoff="1", receipts=1)
    before = rows.assign(month=pd.Timestamp("2021-02-01"), quantity_mean=spend(rows))
    session.execute("create temp table mixed as select * from feature_table")
    session.connection.register("frame", pd.concat([rows, few, cuts, before]))
    session.execute("insert into mixed by name select * from frame")
    result = checked(session, "mixed")
    assert result.passed and customers_in(result) == 400


def test_few_customers_prove_nothing_and_it_says_so(session):
    rows = histories(LEAST - 1)
    staged = session.stage_frame(FeatureTable, rows.assign(quantity_mean=spend(rows)))
    result = checked(session, staged)
    assert result.passed and result.description.startswith("29 existing customers, fewer than 30")
    nobody = session.stage_frame(FeatureTable, rows.head(0))
    assert customers_in(checked(session, nobody)) == 0


def test_of_many_customers_an_even_sample_is_looked_at(session, monkeypatch):
    monkeypatch.setattr(totals, "MOST", 120)
    seen = []
    monkeypatch.setattr(totals, "proxies", lambda rows, _: seen.append(rows["receipts"].tolist()) or [])
    rows = histories(1_000).assign(receipts=range(4, 1_004))
    staged = session.stage_frame(FeatureTable, rows.sample(frac=1, random_state=1))
    assert customers_in(checked(session, staged)) == 120
    assert set(np.diff(seen[0])) == {8, 9} and seen[0][0] == 4
