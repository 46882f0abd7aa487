"""Recommenders on Online Retail: trained to the end of a month, judged on what known customers bought in the next that
they had never bought before. What serves was chosen by the months before; ALS of ``implicit`` likewise."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from implicit.als import AlternatingLeastSquares
from threadpoolctl import threadpool_limits

from crm_assets_tests.conftest import QUICKLY, Shop, made_once

pytestmark = pytest.mark.prove

MONTHS = [date(2011, 9, 1), date(2011, 10, 1), date(2011, 11, 1)]
NOVEMBER = MONTHS[-1]
BAR = {"hit_rate": 0.49, "recall_at_10": 0.113, "map_at_10": 0.052}  # one simple try: EASE with last month's popularity
# EASE alone and the popularities as that try found them, on the same customers: what we reckon is the same thing.
KNOWN = {
    "popularity": (0.25, 0.039, 0.014),
    "popularity_recent": (0.40, 0.076, 0.033),
    "collaborative": (0.45, 0.103, 0.049),
}
ALS = [(64, 0.05), (64, 0.5)]  # factors, regularisation
ALPHA = 10.0  # weight of a purchase against none


@pytest.fixture(scope="module")
def online_retail(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Online Retail with every article on the shelf."""

    def refresh(shop: Shop) -> None:
        shop.landing.mkdir(parents=True)
        shutil.copy(real_data / "online_retail.parquet", shop.landing)
        shop.crm("refresh")

    return made_once("whole_assortment", {"CRM_SOURCE": "online_retail", **QUICKLY}, refresh, tmp_path_factory)


@pytest.fixture(scope="module")
def evidence(online_retail: Shop) -> pd.DataFrame:
    return online_retail.frame(
        "select * from recommender_evidence where slice = 'all' order by month, map_at_10 desc, recommender"
    )


def of(evidence: pd.DataFrame, month: date, recommender: str) -> pd.Series:
    rows = evidence[(evidence["month"] == pd.Timestamp(month)) & (evidence["recommender"] == recommender)]
    assert len(rows) == 1
    return rows.iloc[0]


def served(online_retail: Shop, month: date) -> pd.Series:
    """What customers had been given at the end of the month before, judged in the month."""
    return online_retail.frame(
        f"""select o.*, c.recommender as method, c.as_of as chosen_as_of from recommendation_outcomes o
        join recommender_choices c on c.month = o.month - interval 1 month
        where o.slice = 'all' and o.recommender = 'served' and o.month = date '{month}'"""
    ).iloc[0]


def told(name: str, row: pd.Series) -> str:
    cells = [f"{row[f]:.3f} ({row[f'{f}_low']:.3f}–{row[f'{f}_high']:.3f})" for f in BAR]
    return f"{name:<32} {int(row['customers']):>5}  {'  '.join(cells)}  coverage {row['coverage']:.3f}"


def test_what_is_served_passes_the_bar(online_retail: Shop, evidence: pd.DataFrame):
    print("\nhit rate, recall@10, MAP@10 with 95 % intervals")
    for month in MONTHS:
        row = served(online_retail, month)
        print(f"{month:%Y-%m}", told(f"served ({row['method']}, policies)", row), sep="\n")
        for _, one in evidence[evidence["month"] == pd.Timestamp(month)].iterrows():
            print(told(one["recommender"], one))
    row = served(online_retail, NOVEMBER)
    assert str(row["chosen_as_of"].date()) == "2011-10-31"
    for figure, least in BAR.items():
        assert row[figure] >= least, figure
    unruled = of(evidence, NOVEMBER, row["method"])
    assert row["map_at_10"] > unruled["map_at_10"] - 0.01  # the segments' policies cost next to nothing


def test_the_simple_methods_are_what_others_found(evidence: pd.DataFrame):
    assert of(evidence, NOVEMBER, "popularity")["customers"] == pytest.approx(1_246, abs=5)
    for name, known in KNOWN.items():
        row = of(evidence, NOVEMBER, name)
        assert [row[f] for f in BAR] == pytest.approx(known, abs=0.01), name


@pytest.fixture(scope="module")
def purchases(real_data: Path) -> pd.DataFrame:
    """customer, article, day by the file itself, each pair and month once."""
    with duckdb.connect() as connection:
        return connection.execute(
            """select distinct replace(CustomerID, '.0', '') as customer, StockCode as article,
                cast(date_trunc('month', InvoiceDate) as date) as month
            from read_parquet(?) where CustomerID is not null and not regexp_matches(InvoiceNo, '^[A-Z]')
                and Quantity * UnitPrice > 0 and regexp_matches(StockCode, '^[0-9]{5}') order by 1, 2, 3""",
            [str(real_data / "online_retail.parquet")],
        ).df()


def als_figures(purchases: pd.DataFrame, month: date, factors: int, regularisation: float) -> tuple[float, ...]:
    """Hit rate, recall@10, MAP@10 of ALS, trained to the month and judged in it, reckoned here on its own."""
    before = purchases[purchases["month"] < pd.Timestamp(month)].drop_duplicates(["customer", "article"])
    users, rows = np.unique(before["customer"].astype(str), return_inverse=True)
    articles, columns = np.unique(before["article"].astype(str), return_inverse=True)
    bought = sp.csr_matrix((np.full(len(rows), ALPHA, np.float32), (rows, columns)), (len(users), len(articles)))
    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(factors=factors, regularization=regularisation, iterations=15, random_state=42)
        model.fit(bought, show_progress=False)
    now = purchases[purchases["month"] == pd.Timestamp(month)].merge(
        before[["customer", "article"]].assign(known=1), on=["customer", "article"], how="left"
    )
    new = now[now["known"].isna() & now["customer"].isin(users)].groupby("customer")["article"].agg(set)
    places = np.searchsorted(users, new.index.to_numpy(dtype=str))
    named, _ = model.recommend(places, bought[places], N=10, filter_already_liked_items=True)
    return tuple(np.mean([*judged_plainly(articles, named, new)], axis=0))


def judged_plainly(articles: np.ndarray, named: np.ndarray, new: pd.Series) -> Iterator[tuple[float, float, float]]:
    for places, truth in zip(named, new, strict=True):
        hits = [articles[place] in truth for place in places]
        of = min(10, len(truth))
        precision = sum(sum(hits[: k + 1]) / (k + 1) for k in range(10) if hits[k])
        yield float(any(hits)), sum(hits) / of, precision / of


def test_als_is_beaten(online_retail: Shop, evidence: pd.DataFrame, purchases: pd.DataFrame):
    """Its settings are chosen by the two months before, as ours are."""
    earlier = {how: np.mean([als_figures(purchases, m, *how)[2] for m in MONTHS[:-1]]) for how in ALS}
    how = max(earlier, key=earlier.get)
    figures = als_figures(purchases, NOVEMBER, *how)
    print(f"\nALS, factors and regularisation {how}, chosen by MAP@10 {earlier[how]:.4f} of September and October:")
    print("November: hit rate {:.3f}, recall@10 {:.3f}, MAP@10 {:.3f}".format(*figures))
    row = served(online_retail, NOVEMBER)
    for figure, of_als in zip(BAR, figures, strict=True):
        assert row[f"{figure}_low"] > of_als, figure


def test_every_customer_gets_ten_new_articles_each_once(online_retail: Shop):
    counts = online_retail.frame(
        """select count(*) as rows, count(distinct customer_id) as customers,
            count(distinct customer_id || '|' || product_id) as pairs, max(rank) as most,
            (select count(*) from customer_types where month = date '2011-10-01') as everybody,
            (select count(*) from recommendations r join article_purchases p
                on p.customer_id = r.customer_id and p.product_id = r.product_id and p.month <= r.month
                where r.month = date '2011-10-01') as bought,
            sum(case when not regexp_matches(product_id, '^[0-9]{5}') then 1 else 0 end) as no_articles
        from recommendations where month = date '2011-10-01'"""
    ).iloc[0]
    assert counts["customers"] == counts["everybody"] and counts["rows"] == counts["pairs"] == 10 * counts["customers"]
    assert (counts["bought"], counts["no_articles"], counts["most"]) == (0, 0, 10)
