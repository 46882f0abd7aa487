"""What a month's report reads from the warehouse: small, already summed up, nothing later than the month."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import identifier, is_monthly, key
from crm_assets.lifestyle.personas import lifestyles_of
from crm_assets.months import Snapshot
from crm_assets.receipts.sources import Source
from crm_assets.report.data import ReportData
from crm_assets.report.front_queries import FRONT
from crm_assets.report.prediction_reading import prediction_frames, prediction_tables
from crm_assets.report.queries import Asked, of_table
from crm_assets.report.search import SEARCHED
from crm_assets.report.segment_reading import OF_SEGMENTS
from crm_assets.segmentation.naming import Personas, is_loyal, segment_name
from crm_assets.segmentation.rfm import BAND, Scheme
from crm_assets.settings import Settings
from crm_assets.warehouse import Session

OF_THE_FIT = ("cluster_comparison",)  # of the month that fitted the cluster model in use
FARTHEST = 20  # outliers shown one by one
EXISTING_SHOWN, NEW_SHOWN = 8, 4  # customers whose attributes are shown one by one


_LEAD_LIST = """select rank, lead_id, company_id, owner_id, lead_index, created_at, reasons from lead_scores
    where month = :month and rank <= 15 order by rank"""
_LEAD_COUNTS = """select count(rank) as open_leads, coalesce(sum(case when within_capacity then 1 else 0 end), 0)
    as within_capacity from lead_scores where month = :month"""


class TablesOfMonth(dict[str, pd.DataFrame]):
    """Small tables by name: a month's rows of a table in the order of its key, read when a section first asks for them
    and then kept.

    Args:
        made: frames that are more, or less, than a table's rows of the month; known from the start.
    """

    def __init__(self, session: Session, month: date, made: Mapping[str, pd.DataFrame]) -> None:
        super().__init__(made)
        self._session, self._month = session, month

    def __missing__(self, name: str) -> pd.DataFrame:
        """
        Raises:
            KeyError: no monthly table is called so.
        """
        if name not in CONTRACTS or not is_monthly(CONTRACTS[name]):
            raise KeyError(f"{name!r} is no monthly table; give a frame of that name to TablesOfMonth")
        self[name] = self._session.frame(of_table(name, self._month))
        return self[name]


def read_report_data(
    session: Session,
    snapshot: Snapshot,
    settings: Settings,
    source: Source,
    personas: Personas,
    schemes: Mapping[str, Scheme],
) -> ReportData:
    """The frames of the month's report. Its ``tables`` read from the session, which stays open until the page is built.

    Args:
        schemes: of ``rfm.read_schemes``.
    """

    asked = Asked(session, {**snapshot.parameters, "most": settings.report_customers})
    profiles = session.frame(of_table("segment_profiles", snapshot.month))
    model = session.frame(of_table("lightgbm_model", snapshot.month))
    return ReportData(
        month=snapshot.month,
        as_of=snapshot.as_of,
        window_start=max(snapshot.window_start, snapshot.history_start),
        history_start=snapshot.history_start,
        source=source.title,
        currency=source.currency,
        new_customer_max_receipts=settings.new_customer_max_receipts,
        band_order=pd.DataFrame([{"name": b.name, "ko": b.ko, "en": b.en} for b in schemes[BAND].groups]),
        segments=_segments(session, snapshot, personas),
        profiles=profiles,
        cluster_model=session.frame(of_table("cluster_models", snapshot.month)),
        model=model,
        **prediction_frames(asked, model),
        counts=read_counts(asked, settings),
        tables=TablesOfMonth(
            session,
            snapshot.month,
            {**_made(asked, model), "lifestyle_personas": _lifestyle_personas(settings, source)},
        ),
        schemes=schemes,
        min_customers_to_cluster=settings.min_customers_to_cluster,
        queries=asked.texts,
    )


def _made(asked: Asked, model: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The frames that are no table's rows of the month."""
    frames = {
        "cluster_outliers": _OUTLIERS,
        "lead_list": _LEAD_LIST,
        "lead_counts": _LEAD_COUNTS,
        "daily_signals": _SIGNALS,
        "recommended_articles": _RECOMMENDED,
        "region_articles": _OF_REGIONS,
        **FRONT,
        **OF_SEGMENTS,
        **SEARCHED,
    }
    return {
        **{name: asked.frame(name, _of_the_fit(name)) for name in OF_THE_FIT},
        **{name: asked.frame(name, sql) for name, sql in frames.items()},
        "attribute_sample": asked.frame("attribute_sample", _SAMPLE, existing=EXISTING_SHOWN, new=NEW_SHOWN),
        **prediction_tables(asked, model),
    }


def _lifestyle_personas(settings: Settings, source: Source) -> pd.DataFrame:
    """Names and lines of the source's personas in both languages; the tables hold names in one."""
    personas = lifestyles_of(settings.reference, source.lifestyles).personas
    rows = [
        {"lifestyle_id": p.id, "ko": p.name["ko"], "en": p.name["en"], "line_ko": p.line["ko"], "line_en": p.line["en"]}
        for p in personas
        if p.name is not None
    ]
    return pd.DataFrame(rows, columns=["lifestyle_id", "ko", "en", "line_ko", "line_en"])


# The first existing and the first new customers, by id.
_SAMPLE = """select customer_id, is_existing, gender, age_band, region, interest_category, loyalty, purchasing_power
    from (
        select *, row_number() over (partition by is_existing order by customer_id) as place
        from attribute_segments where month = :month
    ) as numbered
    where place <= case when is_existing = 1 then :existing else :new end
    order by is_existing desc, customer_id"""

# The external series on the days of the window; the table itself carries no month.
_SIGNALS = """select date, signal, cast(value as double) as value from daily_signals
    where date >= :window_start and date <= :as_of order by signal, date"""

_OUTLIERS = f"""select c.customer_id, c.segment_id, c.distance, c.outlier_feature, s.recency_days, s.frequency,
    s.monetary
    from cluster_assignments c join rfm_scores s on s.customer_id = c.customer_id and s.month = c.month
    where c.month = :month and c.is_outlier order by c.distance desc, c.customer_id limit {FARTHEST}"""


# Of each type the articles that are recommended to most of its customers.
_RECOMMENDED = """with told as (
        select t.segment_id, r.product_id, count(*) as recommended
        from recommendations r join customer_types t on t.month = r.month and t.customer_id = r.customer_id
        where r.month = :month and t.segment_id is not null group by t.segment_id, r.product_id
    ),
    sizes as (
        select segment_id, count(*) as customers from customer_types
        where month = :month and segment_id is not null group by segment_id
    ),
    ranked as (
        select *, row_number() over (partition by segment_id order by recommended desc, product_id) as rank from told
    )
    select k.segment_id, k.rank, coalesce(p.name, k.product_id) as name, s.customers,
        cast(k.recommended as double) / s.customers as share
    from ranked k join sizes s on s.segment_id = k.segment_id
    left join products p on p.product_id = k.product_id
    where k.rank <= 5 order by k.segment_id, k.rank"""

_OF_REGIONS = """select r.region, r.rank, r.customers, r.share, r.is_own, coalesce(p.name, r.product_id) as name
    from region_recommendations r left join products p on p.product_id = r.product_id
    where r.month = :month and r.rank <= 10 order by r.region, r.rank"""


def _of_the_fit(table: str) -> str:
    return f"""select * from {table} where as_of in (select fitted_as_of from cluster_models where month = :month)
        order by {_order(table)}"""


def _order(table: str) -> str:
    return ", ".join(identifier(name) for name in key(CONTRACTS[table]))


def _segments(session: Session, snapshot: Snapshot, personas: Personas) -> pd.DataFrame:
    """The personas in the order of their file, so that each keeps its colour from month to month, then other types."""
    found = session.rows(
        """select segment_id from cluster_assignments where month = :month
        union select segment_id from new_customer_predictions where month = :month
        union select segment_id from customer_types where (month = :before or month = :month) and segment_id is not null
        order by segment_id""",
        month=snapshot.month,
        before=snapshot.month_before,  # a type that is gone still has its name where customers come from it
    )
    known = [persona.id for persona in personas.personas]
    ids = [*known, *(i for (i,) in found if i not in known)]
    named = [(i, segment_name(i, personas, "ko"), segment_name(i, personas, "en"), is_loyal(i, personas)) for i in ids]
    return pd.DataFrame(named, columns=["segment_id", "ko", "en", "is_loyal"])


_COUNTS = """select
    (select count(*) from rfm_scores where month = :month) as customers,
    (select count(*) from customer_lifecycles where month = :month and lifecycle = 'existing') as existing,
    (select count(*) from customer_lifecycles where month = :month and lifecycle = 'new') as new,
    (select count(*) from customer_lifecycles where month = :month and lifecycle = 'lapsed') as lapsed,
    (select count(*) from cluster_assignments where month = :month) as clustered,
    (select count(*) from new_customer_predictions where month = :month and not abstained) as predicted,
    (select count(*) from receipts where month = :month) as receipts,
    (select coalesce(sum(lines), 0) from receipts where month = :month) as lines,
    (select coalesce(sum(amount), 0) from receipts where month = :month) as revenue"""


def read_counts(asked: Asked, settings: Settings) -> dict[str, float]:
    """How many of what: the field counts of ``ReportData``."""
    counts = {str(name): float(value) for name, value in asked.frame("counts", _COUNTS).iloc[0].items()}
    return counts | {"to_type": counts["customers" if settings.cluster_population == "all" else "existing"]}
