"""Baskets to find rules in: by hand, at random, and those of Online Retail; and what mlxtend makes of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from mlxtend.frequent_patterns import association_rules, fpgrowth
from scipy.sparse import csr_matrix
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import ddl
from crm_assets.merchandising.baskets import Baskets, lay_baskets
from crm_assets.merchandising.itemsets import Limits, frequent_itemsets
from crm_assets.merchandising.rules import MEASURES, rules_of
from crm_assets.warehouse import Session
from crm_assets_tests.online_retail_frames import online_retail_receipts, rfm
from crm_assets_tests.prediction.feature_shop import insert

MONTH = date(2011, 12, 1)
FIRST = date(2010, 12, 1)
ARTICLES = "^[0-9]{5}"


def empty() -> Session:
    """A warehouse in memory, with the tables that baskets are made of."""
    session = Session(duckdb.connect())
    ready(session)
    return session


def ready(session: Session) -> None:
    for name in ("raw_transactions", "customer_types"):
        session.execute(ddl(CONTRACTS[name]))


def sold(
    session: Session, baskets: Mapping[str, Iterable[str]], month: str = "2011-12-01", customers: Mapping = {}
) -> None:
    """Receipts with the articles that each holds; the customer is the receipt's own, or as it is told."""
    rows = [
        {"month": month, "customer_id": customers.get(receipt, f"C{receipt}"), "receipt_id": receipt, "line_no": n,
         "purchased_at": month, "channel": None, "partner_id": None, "branch_id": None, "product_id": product,
         "quantity": 1, "amount": 1, "record_type": "product"}
        for receipt, products in baskets.items()
        for n, product in enumerate(products, start=1)
    ]  # fmt: skip
    insert(session, "raw_transactions", rows)


def types(session: Session, of: Mapping[str, str | None], month: str = "2011-12-01") -> None:
    """The type of every customer in a month."""
    rows = [
        {"month": month, "as_of": month, "customer_id": customer, "lifecycle": "existing", "receipts": 4,
         "segment_id": segment, "segment_name": None if segment is None else f"name of {segment}",
         "source": "assigned", "state": segment or "untyped"}
        for customer, segment in of.items()
    ]  # fmt: skip
    insert(session, "customer_types", rows)


def retail(real_data: Path) -> Session:
    """Online Retail's lines in a warehouse, its customers in four types by K-means."""
    session = empty()
    fill_with_retail(session, real_data)
    known = rfm(online_retail_receipts(real_data), "2011-12-31").sort_values("customer_id", ignore_index=True)
    places = np.column_stack([known["recency_days"], np.log1p(known["frequency"]), np.log1p(known["monetary"])])
    labels = KMeans(4, n_init=3, random_state=42).fit_predict(StandardScaler().fit_transform(places))
    types(session, {c: f"type{n}" for c, n in zip(known["customer_id"], labels, strict=True)})
    return session


def fill_with_retail(session: Session, real_data: Path) -> None:
    """Online Retail's lines, as the mapping of the source has them."""
    ready(session)
    session.execute(
        f"""insert into raw_transactions by name
        select date_trunc('month', InvoiceDate) as month, CustomerID as customer_id, InvoiceNo as receipt_id,
            row_number() over (partition by CustomerID, InvoiceNo order by StockCode, Quantity, UnitPrice) as line_no,
            InvoiceDate as purchased_at, StockCode as product_id, Quantity as quantity,
            round(Quantity * UnitPrice, 4) as amount,
            case when InvoiceNo like 'C%' then 'return' else 'product' end as record_type
        from (select distinct * from '{real_data / "online_retail.parquet"}') where CustomerID is not null"""
    )


def ours(
    session: Session, support: float, confidence: float = 0.7, unit: str = "receipt", articles: str = ARTICLES, **given
) -> dict[str, pd.DataFrame]:
    """Segment → its rules, their sides as sets of product_ids."""
    segments = lay_baskets(session, Baskets(unit, FIRST, MONTH, MONTH, articles))
    limits = Limits(**{"min_support": support, "min_baskets": 1, "most_items": 4, "most_itemsets": 50_000, **given})
    found = frequent_itemsets(session, segments, limits)
    ids = dict(session.rows("select item, product_id from basket_articles"))
    made = {s.segment_id: rules_of(found[s.number], s.baskets, confidence) for s in segments if s.number in found}
    for rules in made.values():
        for side in ("antecedents", "consequents"):
            rules[side] = [frozenset(ids[i] for i in items) for items in rules[side]]
    return made


def hot(lines: pd.DataFrame) -> pd.DataFrame:
    """Columns basket and product_id as mlxtend wants them: a sparse matrix of true and false."""
    rows, baskets = pd.factorize(lines["basket"])
    columns, products = pd.factorize(lines["product_id"], sort=True)
    matrix = csr_matrix((np.ones(len(lines), dtype=bool), (rows, columns)), shape=(len(baskets), len(products)))
    return pd.DataFrame.sparse.from_spmatrix(matrix, columns=products)


def theirs(lines: pd.DataFrame, support: float, confidence: float = 0.7, most: int = 4) -> pd.DataFrame:
    """mlxtend's rules of one segment."""
    itemsets = fpgrowth(hot(lines).sparse.to_dense(), min_support=support, use_colnames=True, max_len=most)
    return association_rules(itemsets, metric="confidence", min_threshold=confidence)


def same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Every rule that passes, and every measure of it; infinite conviction is null here."""
    found = found[found["passes_confidence"]].set_index(["antecedents", "consequents"])
    expected = expected.set_index(["antecedents", "consequents"])
    assert set(found.index) == set(expected.index) and len(found) == len(expected)
    ordered = expected.rename(columns=lambda c: c.replace(" ", "_")).loc[found.index]
    for name in MEASURES:
        values = ordered[name].to_numpy(dtype=float)
        wanted = np.where(np.isinf(values), np.nan, values) if name == "conviction" else values
        # leverage is a difference of near numbers: mlxtend's own digits end there
        np.testing.assert_allclose(found[name].to_numpy(), wanted, rtol=1e-9, atol=1e-14, err_msg=name)
