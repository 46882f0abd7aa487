"""A million receipts, or those of Online Retail, and what it costs to find their rules: ours, and mlxtend's ways.

Run as a program, so that CPU and peak of memory are those of a process of its own:
``python -m crm_assets_tests.merchandising.many_baskets WAY DATABASE SUPPORT``. CPU is counted after the imports.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable
from datetime import date
from itertools import pairwise

import duckdb
import pandas as pd
from mlxtend.frequent_patterns import apriori, association_rules, fpgrowth
from mlxtend.preprocessing import TransactionEncoder

from crm_assets.merchandising.baskets import Baskets, lay_baskets
from crm_assets.merchandising.itemsets import Limits, frequent_itemsets
from crm_assets.merchandising.rules import rules_of
from crm_assets.warehouse import Session, read_query
from crm_assets_tests.merchandising.basket_shop import ARTICLES, hot, ready
from crm_assets_tests.million import draw

FIRST, LAST = date(2021, 1, 1), date(2021, 12, 1)
PRODUCTS, BUNDLES, CONFIDENCE, LONGEST = 2_000, 12, 0.7, 4
MEMORY = "3GB"


def fill(session: Session, receipts: int) -> None:
    """A year of receipts of some 3.3 articles, of products whose sales fall as 1 / rank; 8 in 100 hold one of a dozen
    bundles of three, of which each article is left out now and then. Four types of customers."""
    ready(session)
    session.execute(
        f"""insert into raw_transactions by name
        with shopped as (
            select i, cast(floor({draw("who", "i")} * {draw("which", "i")} * {receipts} / 4) as bigint) as who,
                1 + least(cast(floor(-ln({draw("n", "i")}) * 2.6) as bigint), 30) as n
            from range({receipts}) t(i)
        ),
        held as (
            select i, who, cast(floor(exp({draw("item", "i", "r")} * ln({PRODUCTS}))) as bigint) as product
            from shopped, unnest(range(n)) u(r)
            union all
            select i, who, 41 + 3 * (hash('bundle', i) % {BUNDLES}) + k
            from shopped, unnest(range(3)) u(k) where {draw("has", "i")} < 0.08 and {draw("kept", "i", "k")} < 0.88
        )
        select date '{FIRST}' + to_months(cast(i % 12 as integer)) as month, format('M{{:07d}}', who) as customer_id,
            format('A{{:011d}}', i) as receipt_id, row_number() over (partition by i) as line_no,
            date '{FIRST}' + to_months(cast(i % 12 as integer)) as purchased_at,
            format('{{:05d}}', product) as product_id, 1 as quantity, 100 as amount, 'product' as record_type
        from held"""
    )
    session.execute(
        f"""insert into customer_types by name
        select date '{LAST}' as month, customer_id, format('type{{}}', hash(customer_id) % 4) as segment_id
        from raw_transactions group by customer_id"""
    )


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def months(session: Session) -> tuple[date, date]:
    return session.rows("select min(month), max(month) from raw_transactions")[0]


def ours(session: Session, support: float, typed: bool) -> dict[str, float]:
    """Steps in seconds; how many sets and rules of everybody. Without types as mlxtend has none, or with them."""
    first, last = months(session)
    marks, limits = [cpu()], Limits(support, 10, LONGEST, 50_000)
    of = Baskets("receipt", first, last, last if typed else first, ARTICLES)
    segments = lay_baskets(session, of, limits.least)
    marks.append(cpu())
    found = frequent_itemsets(session, segments, limits)
    marks.append(cpu())
    rules = {s.number: rules_of(found[s.number], s.baskets, CONFIDENCE) for s in segments if s.number in found}
    marks.append(cpu())
    steps = (b - a for a, b in pairwise(marks))
    counts = {"sets": len(found[0]), "rules": int(rules[0]["passes_confidence"].sum())}
    return dict(zip(("laying", "mining", "ruling"), steps, strict=True)) | counts


def encoded(lines: pd.DataFrame) -> pd.DataFrame:
    """The matrix as mlxtend's documentation makes it: lists of articles through its TransactionEncoder, sparse."""
    baskets = lines.groupby("basket", sort=False)["product_id"].agg(list)
    encoder = TransactionEncoder().fit(baskets)
    return pd.DataFrame.sparse.from_spmatrix(encoder.transform(baskets, sparse=True), columns=encoder.columns_)


def theirs(
    session: Session,
    support: float,
    mine: Callable[..., pd.DataFrame],
    encode: Callable[[pd.DataFrame], pd.DataFrame] = encoded,
    **how: bool,
) -> dict[str, float]:
    """The documented way from lines to rules; ``hot`` makes the matrix from numbers, a faster way of our own."""
    first, last = months(session)
    marks = [cpu()]
    lines = session.frame(
        f"""select customer_id || '|' || cast(month as varchar) || '|' || receipt_id as basket, product_id
        from ({read_query("article_lines")}) as lines""",
        first_month=first,
        month=last,
        articles=ARTICLES,
    )
    matrix = encode(lines)
    marks.append(cpu())
    found = mine(matrix, min_support=support, use_colnames=True, max_len=LONGEST, **how)
    marks.append(cpu())
    rules = association_rules(found, metric="confidence", min_threshold=CONFIDENCE)
    marks.append(cpu())
    steps = (b - a for a, b in pairwise(marks))
    counts = {"sets": len(found), "rules": len(rules)}
    return dict(zip(("laying", "mining", "ruling"), steps, strict=True)) | counts


WAYS: dict[str, Callable[[Session, float], dict[str, float]]] = {
    "ours": lambda session, support: ours(session, support, False),
    "ours, by type": lambda session, support: ours(session, support, True),
    "fpgrowth": lambda session, support: theirs(session, support, fpgrowth),
    "apriori": lambda session, support: theirs(session, support, apriori),
    "apriori, our matrix": lambda session, support: theirs(session, support, apriori, hot),
    "fpgrowth, our matrix": lambda session, support: theirs(session, support, fpgrowth, hot),
    "apriori, low_memory": lambda session, support: theirs(session, support, apriori, low_memory=True),
}

if __name__ == "__main__":
    way, database, support = sys.argv[1:]
    with duckdb.connect(database, read_only=True) as connection:
        connection.execute(f"set memory_limit = '{MEMORY}'")
        told = WAYS[way](Session(connection), float(support))
    print(json.dumps(told | {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6}))
