"""The sample through its year: no segment changes its name under 20 seeds, and the planted types end as personas."""

from __future__ import annotations

import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from crm_assets_tests.demo.test_demo import PERSONAS, TYPES, Demo, demo  # noqa: F401 - a fixture
from crm_assets_tests.segmentation.names_stay import REFERENCE_SEED, chain, names_stay

pytestmark = pytest.mark.prove


def months_of(sample: Demo) -> list[tuple[str, pd.DataFrame]]:
    """R, F, M of existing customers at the end of every month of 2021, by pandas; a window of twelve months."""
    receipts, made = sample.receipts[sample.receipts["kind"] != "wallet"], []
    for day in pd.date_range("2021-01-31", "2021-12-31", freq="ME"):
        to_date = receipts[receipts["date"] <= day]
        window = to_date[to_date["date"] > day - pd.DateOffset(months=12) - pd.offsets.MonthEnd(0)]
        count = to_date.groupby("cust").size()
        grouped = window[window["cust"].isin(count.index[count > 3])].groupby("cust")
        table = grouped.agg(last=("date", "max"), frequency=("rct_no", "size"), monetary=("buy_am", "sum"))
        table["recency_days"] = (day - table["last"]).dt.days
        made.append((f"{day:%Y-%m-%d}", table.rename_axis("customer_id").reset_index().drop(columns="last")))
    return made


def test_the_sample_keeps_its_names_through_the_year_under_20_seeds(demo: Demo):  # noqa: F811
    months = months_of(demo)
    names_stay("sample", months, PERSONAS, range(20))
    found = chain(months, PERSONAS, REFERENCE_SEED)[-1]
    truth = demo.type[found.index]
    crossed = pd.crosstab(truth, found)
    print(f"adjusted Rand index at the end {adjusted_rand_score(truth, found):.3f}", crossed, sep="\n")
    assert crossed.idxmax(axis=1).to_dict() == {name: name for name in TYPES}
    assert adjusted_rand_score(truth, found) > 0.50
