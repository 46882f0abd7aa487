"""What is known of one customer at the end of a month, and why the model gives it its type: facts.

They are read from the tables; nothing is computed anew. How the facts are worded is ``card_text``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pandas as pd

from crm_assets.charts import Pair
from crm_assets.explain.customer_lookup import CardError, made_month, why_unknown
from crm_assets.explain.fitting_strategies import Fitting, read_fitting
from crm_assets.explain.stated_prediction import Prediction, Quality, read_prediction, read_quality
from crm_assets.months import add_months, last_day
from crm_assets.warehouse import Session

MOST_LINES = 10  # of a receipt


@dataclass(frozen=True)
class Line:
    """A line of a receipt; names are null where no file describes the product."""

    category: str | None
    product: str | None
    amount: Decimal


@dataclass(frozen=True)
class Receipt:
    """A purchase, with at most ``MOST_LINES`` of its lines."""

    receipt_id: str
    record_type: str
    purchased_at: datetime
    channel: str | None
    partner_id: str | None
    amount: Decimal
    line_count: int
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Assigned:
    """The type that a clustered customer has, since the end of which month it has had it without a break."""

    segment_id: str
    since: date
    distance: float
    is_outlier: bool
    outlier_feature: str | None
    fitted_as_of: date


@dataclass(frozen=True)
class Window:
    """What a customer of the window is like: ``rfm_scores``, ``churn_risk`` and ``attribute_segments``."""

    recency_days: int
    frequency: int
    monetary: Decimal
    r_score: int
    f_score: int
    m_score: int
    rfm_band: str
    rfm_grade: str
    interval_days: float | None
    churn_risk: float | None
    interest_category: str | None
    loyalty: str | None
    purchasing_power: str | None


@dataclass(frozen=True)
class Called:
    """A label that the customer carries by an index: of a share with evidence, of a model by its score."""

    title: Pair
    label: Pair
    share: float | None
    population_share: float | None
    index_pp: float | None
    score: float | None


@dataclass(frozen=True)
class CustomerCard:
    """One customer at the end of a month. What does not apply to it is None or empty.

    Attributes:
        lifecycle, source, segment_id: as in ``customer_types``; without a type where the model abstained.
        receipts: since history_start.
        purchases: every receipt of a new customer, in order of time.
        carried_from: first day of the month in which a lapsed customer was assigned its type last.
        model_reason: why the month uses its model, or has none.
        claims: rows of ``segment_claims`` of the customer's type.
        called: what the customer is called by its indices, in the order of their file.
        strategies: those that fit it, the first in the catalogue first.
        refused: it does not want messages (``response_rates``).
    """

    customer_id: str
    month: date
    gender: str | None
    age_band: str | None
    region: str | None
    lifecycle: str
    source: str
    segment_id: str | None
    receipts: int
    last_purchase: date
    purchases: tuple[Receipt, ...]
    prediction: Prediction | None
    quality: Quality | None
    assigned: Assigned | None
    carried_from: date | None
    window: Window | None
    model_reason: str
    claims: pd.DataFrame
    called: tuple[Called, ...]
    strategies: tuple[Fitting, ...]
    refused: bool

    @property
    def as_of(self) -> date:
        return last_day(self.month)


def read_card(session: Session, customer_id: str, month: date | None = None) -> CustomerCard:
    """The card of a customer.

    Args:
        month: first day of a month that is made; none = the newest.

    Raises:
        CardError: no month or not that one is made, or the customer is unknown at its end.
    """
    month = made_month(session, month)
    at = {"customer": customer_id, "month": month}
    found = session.rows(
        """select t.lifecycle, t.source, t.segment_id, t.receipts, l.last_purchase_date, c.gender, c.age_band, c.region
        from customer_types t
        join customer_lifecycles l on l.customer_id = t.customer_id and l.month = t.month
        left join customers c on c.customer_id = t.customer_id
        where t.month = :month and t.customer_id = :customer""",
        **at,
    )
    if not found:
        raise CardError(why_unknown(session, customer_id, month))
    lifecycle, source, segment_id, receipts, last_purchase, gender, age_band, region = found[0]
    prediction = read_prediction(session, at) if lifecycle == "new" else None
    return CustomerCard(
        customer_id=customer_id,
        month=month,
        gender=gender,
        age_band=age_band,
        region=region,
        lifecycle=lifecycle,
        source=source,
        segment_id=segment_id,
        receipts=receipts,
        last_purchase=last_purchase,
        purchases=_purchases(session, at) if lifecycle == "new" else (),
        prediction=prediction,
        quality=read_quality(session, prediction, receipts, month) if prediction else None,
        assigned=_assigned(session, at),
        carried_from=_carried_from(session, at) if source == "carried" else None,
        window=_window(session, at),
        model_reason=_model_reason(session, month),
        claims=session.frame(
            "select * from segment_claims where month = :month and segment_id = :segment order by rank",
            month=month,
            segment=prediction.segment_id if prediction else segment_id,
        ),
        called=_called(session, at),
        strategies=read_fitting(session, at),
        refused=bool(
            session.scalar(
                """select count(*) from response_rates
                where month = :month and customer_id = :customer and consent = 'no'""",
                **at,
            )
        ),
    )


def _purchases(session: Session, at: Mapping[str, Any]) -> tuple[Receipt, ...]:
    of_customer = "where r.customer_id = :customer and r.month <= :month"
    lines: dict[tuple[Any, ...], list[Line]] = {}
    for *receipt, middle, major, product, amount in session.rows(
        f"""select r.month, r.receipt_id, r.record_type, p.category_middle, p.category_major, p.name, l.amount
        from receipts r
        join raw_transactions l on l.month = r.month and l.customer_id = r.customer_id
            and l.receipt_id = r.receipt_id and l.record_type = r.record_type
        left join products p on p.product_id = l.product_id
        {of_customer} and l.line_no <= {MOST_LINES}
        order by r.month, r.receipt_id, r.record_type, l.line_no""",
        **at,
    ):
        lines.setdefault(tuple(receipt), []).append(Line(middle or major, product, amount))
    return tuple(
        Receipt(receipt_id, record_type, *rest, lines=tuple(lines.get((month, receipt_id, record_type), ())))
        for month, receipt_id, record_type, *rest in session.rows(
            f"""select r.month, r.receipt_id, r.record_type, r.purchased_at, r.channel, r.partner_id, r.amount, r.lines
            from receipts r {of_customer} order by r.purchased_at, r.receipt_id, r.record_type""",
            **at,
        )
    )


def _assigned(session: Session, at: Mapping[str, Any]) -> Assigned | None:
    months = session.rows(
        """select month, segment_id, distance, is_outlier, outlier_feature, fitted_as_of from cluster_assignments
        where customer_id = :customer and month <= :month order by month desc""",
        **at,
    )
    if not months or months[0][0] != at["month"]:
        return None
    since, segment_id, *rest = months[0]
    for month, segment, *_ in months[1:]:
        if (month, segment) != (add_months(since, -1), segment_id):
            break
        since = month
    return Assigned(segment_id, since, *rest)


def _carried_from(session: Session, at: Mapping[str, Any]) -> date:
    return session.scalar(
        "select max(month) from cluster_assignments where customer_id = :customer and month < :month", **at
    )


def _window(session: Session, at: Mapping[str, Any]) -> Window | None:
    found = session.rows(
        """select s.recency_days, s.frequency, s.monetary, s.r_score, s.f_score, s.m_score, s.rfm_band, s.rfm_grade,
            c.interval_days, c.churn_risk, a.interest_category, a.loyalty, a.purchasing_power
        from rfm_scores s
        left join churn_risk c on c.month = s.month and c.customer_id = s.customer_id
        left join attribute_segments a on a.month = s.month and a.customer_id = s.customer_id
        where s.month = :month and s.customer_id = :customer""",
        **at,
    )
    return Window(*found[0]) if found else None


def _called(session: Session, at: Mapping[str, Any]) -> tuple[Called, ...]:
    return tuple(
        Called(Pair(title_ko, title_en), Pair(label_ko, label_en), *figures)
        for title_ko, title_en, label_ko, label_en, *figures in session.rows(
            """select d.title_ko, d.title_en, l.label_ko, l.label_en, i.share, i.population_share, i.index_pp, i.score
            from customer_indices i
            join index_labels l on l.month = i.month and l.index_id = i.index_id and l.label_id = i.label_id
            join index_definitions d on d.month = i.month and d.index_id = i.index_id
                and d.population_group = i.population_group
            where i.month = :month and i.customer_id = :customer order by d.place""",
            **at,
        )
    )


def _model_reason(session: Session, month: date) -> str:
    found = session.rows("select reason from lightgbm_model where month = :month", month=month)
    return found[0][0] if found else ""
