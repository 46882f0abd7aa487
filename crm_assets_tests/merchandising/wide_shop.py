"""A hundred thousand customers before two thousand articles, made in the engine, and what their recommendations cost.

Run as a program, so that the peak of memory is that of a process of its own:
``python -m crm_assets_tests.merchandising.wide_shop NAME=VALUE …``; the settings are words, as in ``million``.
"""

from __future__ import annotations

import json
import os
import resource
import sys

from crm_assets.contracts import CONTRACTS
from crm_assets.receipts.calendar import calendar_days
from crm_assets.receipts.sources import source_of
from crm_assets.settings import Settings
from crm_assets.warehouse import Session, Warehouse
from crm_assets_tests.million import draw, made

CUSTOMERS, ARTICLES = 100_000, 2_000
MONTHS = ("2021-11-01", "2021-12-01")
BAND = "(['VIP', 'Loyal customer', 'Promising', 'At-Risk'])[1 + cast(hash(customer_id) % 4 as bigint)]"
TABLES = (
    "article_similarities",
    "recommender_evidence",
    "recommender_choices",
    "recommendations",
    "recommendation_outcomes",
    "region_recommendations",
)


def fill(session: Session, settings: Settings) -> int:
    """A year of purchases: articles in groups of twenty, half of what a customer buys is of its two groups, the rest by
    a long tail; returns the rows of article_purchases."""
    for name, sql in {
        "customers": f"""select format('M{{:06d}}', i) as customer_id, format('Z{{:02d}}', i % 17 + 1) as region
            from range({CUSTOMERS}) t(i)""",
        "products": f"""select format('PD{{:04d}}', i) as product_id, format('product {{}} {{}}', i // 20, i) as name,
            format('major {{}}', i // 100) as category_major from range({ARTICLES}) t(i)""",
        "article_purchases": f"""with bought as (
            select i, n, month from range({CUSTOMERS}) c(i), unnest(range(8 + cast(hash(i) % 70 as bigint))) b(n),
                (select {draw("month", "i", "n")} as place) p, (select date '2021-01-01'
                    + to_months(cast(floor(place * 12) as integer)) as month) m
        ), chosen as (
            select i, cast(month as date) as month, cast(hash('day', i, n) % 28 as integer) as day,
                case when hash('own', i, n) % 2 = 0
                then cast((hash('group', i, n % 2) % {ARTICLES // 20}) * 20 + hash('of', i, n) % 20 as bigint)
                else cast(floor(pow({draw("tail", "i", "n")}, 2.5) * {ARTICLES}) as bigint) end as article
            from bought
        ) select month, format('M{{:06d}}', i) as customer_id, format('PD{{:04d}}', article) as product_id,
            count(*) as receipts, max(month + day) as last_date
        from chosen group by month, i, article""",
        "customer_types": " union all ".join(
            f"""select date '{month}' as month, last_day(date '{month}') as as_of, customer_id, 'existing' as lifecycle,
            8 as receipts, 'type' || hash(customer_id) % 4 as segment_id, 'type' as segment_name, 'assigned' as source,
            'type' as state from customers"""
            for month in MONTHS
        ),
        "rfm_scores": " union all ".join(
            f"""select date '{month}' as month, last_day(date '{month}') as as_of, customer_id, 1 as recency_days,
            1 as recency_from_start_days, 1 as frequency, 1 as visit_days, 1 as monetary, 5 as r_score, 5 as f_score,
            5 as m_score, 555 as rfm_score, {BAND} as rfm_band,
            'Champions' as rfm_band_standard11, 'HHH' as rfm_grade, 'core' as rfm_type from customers"""
            for month in MONTHS
        ),
        "product_days": f"""select date '2021-11-01' as month, product_id, date '2021-11-03' as date, 1 as lines,
            1 as priced_lines, {draw("price", "product_id")} * 5 as log_unit_price, 0 as earlier_priced_lines,
            0 as earlier_log_unit_price from products""",
    }.items():
        session.execute(f"insert into {name} by name ({sql})")
    days = calendar_days(source_of(settings).history.start)
    session.replace(CONTRACTS["calendar"], session.stage_frame(CONTRACTS["calendar"], days))
    return int(session.scalar("select count(*) from article_purchases"))


if __name__ == "__main__":
    os.environ.update(dict(word.split("=", 1) for word in sys.argv[1:]))
    settings = Settings.read()
    with Warehouse(settings.database, memory_limit=settings.memory_limit).session() as opened:
        rows = fill(opened, settings)
    made(TABLES[:4], MONTHS[:1])
    seconds = made(TABLES, MONTHS[1:])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(json.dumps({"rows": rows, "seconds": seconds, "peak": peak}))
