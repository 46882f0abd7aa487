"""A warehouse of a million customers, made in the engine, and what each table costs on it.

Run as a program, so that the peak of memory is that of a process of its own:
``python -m crm_assets_tests.million tables NAME=VALUE …``, then ``… model``, ``… bare``, ``… lifestyle``, ``… before``,
and after that ``… retention``. The settings are words, because the tests see none of the shell's.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Iterable, Sequence

import dagster as dg
import numpy as np
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler

from crm_assets.contracts import CONTRACTS
from crm_assets.receipts.calendar import calendar_days
from crm_assets.receipts.sources import source_of
from crm_assets.settings import Settings
from crm_assets.warehouse import Session, Warehouse
from crm_assets_tests.lifestyle.planted_lifestyles import CATEGORIES

MONTH = "2021-12-01"
EARLIER = tuple(f"2021-{month:02d}-01" for month in range(5, 12))  # as many as a model of dormancy learns from
TABLES = (  # in the order they are made, as below
    "customer_lifecycles",
    "rfm_scores",
    "churn_risk",
    "attribute_segments",
    "cluster_assignments",
    "cluster_comparison",
    "segment_profiles",
    "hybrid_segments",
)
OF_THE_MODEL = ("feature_table", "first_purchase_features", "lightgbm_model", "new_customer_predictions")
OF_RETENTION_BEFORE = ("rfm_scores", "churn_risk", "alive_probabilities", "dormancy_features")
OF_RETENTION = (
    "alive_probabilities",
    "dormancy_features",
    "dormancy_model",
    "dormancy_scores",
    "dormancy_evidence",
    "dormancy_predictions",
    "dormancy_grades",
    "retention_lists",
    "mau_effects",
)
OF_LIFESTYLE = (
    "category_spend",
    "payment_habits",
    "lifestyle_assignments",
    "lifestyle_categories",
    "lifestyle_clusters",
    "lifestyle_differences",
    "offers",
    "offer_matches",
    "customer_statements",
)

# Four groups of customers: share by number, receipts (exponential mean), days since the last one, amount of a receipt.
GROUPS = (
    "(values (0, 4, 160, 18000), (1, 7, 20, 30000), (2, 22, 4, 22000), (3, 14, 6, 90000)) g(kind, often, ago, spent)"
)


def draw(salt: str, *parts: str) -> str:
    """A number in (0, 1), the same each time for the same parts."""
    return f"((hash('{salt}', {', '.join(parts)}) % 1000003 + 0.5) / 1000003)"


def fill(session: Session, customers: int, settings: Settings) -> int:
    """Customers, products, days, and a year of receipts of one line each; returns how many."""
    for name, sql in {
        "customers": f"""select format('M{{:07d}}', i) as customer_id,
            case when i % 3 = 0 then 'male' else 'female' end as gender, format('{{}}0대', 2 + i % 6) as age_band,
            format('Z{{:02d}}', i % 17 + 1) as region from range({customers}) t(i)""",
        "products": f"""select format('PD{{:04d}}', i) as product_id, format('product {{}}', i) as name,
            ({list(CATEGORIES)})[i % {len(CATEGORIES)} + 1] as category_major,
            format('middle {{}}', i % 349) as category_middle from range(1933) t(i)""",
        "receipts": f"""with people as (
            select i, format('M{{:07d}}', i) as customer_id, spent,
                1 + cast(floor(-ln({draw("often", "i")}) * often) as bigint) as n,
                least(cast(floor(-ln({draw("ago", "i")}) * ago) as bigint), 330) as ago
            from range({customers}) t(i) join {GROUPS} on g.kind = hash(i) % 4
        ), drawn as (
            select *, date '2021-12-31' - cast(ago + case when r = 0 then 0
                else floor({draw("day", "i", "r")} * (365 - ago)) end as integer) as day,
                8 + cast(floor({draw("hour", "i", "r")} * 14) as integer) as hour
            from people, unnest(range(n)) u(r)
        ) select date_trunc('month', day) as month, customer_id, format('A{{:011d}}', i * 1000 + r) as receipt_id,
            day + to_hours(hour) as purchased_at, day as purchase_date, hour as purchase_hour,
            'product' as record_type, 'A' as receipt_type, case when hash(i, r) % 8 = 0 then 'online' else 'offline' end
            as channel, format('A{{:02d}}', hash(r, i) % 6 + 1) as partner_id, null as branch_id, 1 as lines,
            1 as quantity, round(spent * exp({draw("spent", "i", "r")} * 2 - 1)) as amount from drawn""",
        "raw_transactions": """select month, customer_id, receipt_id, 1 as line_no, purchased_at, channel, partner_id,
            branch_id, format('PD{:04d}', hash(receipt_id) % 1933) as product_id, quantity, amount, record_type
            from receipts""",
    }.items():
        session.execute(f"insert into {name} by name ({sql})")
    days = calendar_days(source_of(settings).history.start)
    session.replace(CONTRACTS["calendar"], session.stage_frame(CONTRACTS["calendar"], days))
    return int(session.scalar("select count(*) from receipts"))


def made(names: Sequence[str], months: Iterable[str] = (MONTH,)) -> dict[str, float]:
    """Seconds of each of these tables, made as the UI would; of several months together."""
    from crm_assets.definitions import defs  # its settings are read with the import

    job, seconds = defs().resolve_job_def("month"), dict.fromkeys(names, 0.0)
    for month in months:
        for name in names:
            began = time.perf_counter()
            done = job.execute_in_process(asset_selection=[dg.AssetKey(name)], partition_key=month, raise_on_error=True)
            assert done.success
            seconds[name] += time.perf_counter() - began
    return seconds


def bare(settings: Settings) -> dict[str, float]:
    """Scikit-learn alone on the same customers, R, F and M in memory already."""
    with Warehouse(settings.database, memory_limit=settings.memory_limit).session() as session:
        frame = session.frame("select recency_days, frequency, monetary from rfm_scores order by customer_id")
    places = np.column_stack([frame["recency_days"], np.log1p(frame["frequency"]), np.log1p(frame["monetary"])])
    began = time.perf_counter()
    KMeans(4, n_init=10, random_state=42).fit(StandardScaler().fit_transform(places))
    return {"StandardScaler and KMeans(4, n_init=10)": time.perf_counter() - began}


if __name__ == "__main__":
    os.environ.update(dict(word.split("=", 1) for word in sys.argv[2:]))
    parts = {
        "tables": lambda: made(TABLES),
        "model": lambda: made(OF_THE_MODEL),
        "before": lambda: made(OF_RETENTION_BEFORE, EARLIER),
        "retention": lambda: made(OF_RETENTION),
        "lifestyle": lambda: made(OF_LIFESTYLE),
        "bare": lambda: bare(Settings.read()),
    }
    measured = parts[sys.argv[1]]()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(json.dumps({"seconds": measured, "peak": peak}))
