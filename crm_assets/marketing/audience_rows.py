"""The rows of an audience's file: one per customer, in the words of the one who takes it to the sending tool.

Headings and codes come from the texts; which customers, from ``audiences``. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal

from crm_assets.charts import Words
from crm_assets.contracts.strategy_conditions import TRAITS
from crm_assets.marketing.wording import Wording
from crm_assets.warehouse import Session, read_query

BATCH = 10_000  # rows held at once
COLUMNS = (  # of a file, in order; their headings are audiences.columns of the texts
    "customer_id", "arm", "channel", "preferred_channel", "send_hour", "segment", "rfm_band", "reasons",
    "recency_days", "frequency", "monetary", "dormancy_probability", "offer", "offer_net_benefit",
    "product_1", "product_1_id", "product_2", "product_2_id", "product_3", "product_3_id", "bundle", "consent",
    "starts_on", "ends_on",
)  # fmt: skip


def header(wording: Wording) -> list[str]:
    return [wording.words.text(f"audiences.columns.{name}") for name in COLUMNS]


def prepare(session: Session, **parameters: object) -> None:
    """Make the temporary tables of the month's campaigns: what their customers are, a column per trait, and the rows
    that the files are written from, once for all of them."""
    pivoted = ", ".join(f"max(case when trait = '{trait}' then value end) as trait_{trait}" for trait in TRAITS)
    session.execute(
        f"""create or replace temp table listed_traits as
        select customer_id, {pivoted} from ({read_query("strategy_traits")}) as traits
        where customer_id in (select customer_id from audiences where month = :month) group by customer_id""",
        **parameters,
    )
    session.execute(f"create or replace temp table listed_rows as {read_query('audience_rows')}", **parameters)


def audience_rows(
    session: Session, campaign_id: str, arm: str, traits: tuple[str, ...], wording: Wording
) -> Iterator[list[str]]:
    """The cells of an arm's customers, by customer_id. ``prepare`` comes first; while rows are read the session does
    nothing else.

    Args:
        traits: what the campaign's strategy goes by, in the order in which it says so.
    """
    found = session.execute(
        "select * from listed_rows where campaign_id = :campaign_id and arm = :arm order by customer_id",
        campaign_id=campaign_id,
        arm=arm,
    )
    names = [column[0] for column in found.description or ()]
    while rows := found.fetchmany(BATCH):
        for row in rows:
            yield _cells(dict(zip(names, row, strict=True)), traits, wording)


def _cells(row: Mapping[str, object], traits: tuple[str, ...], wording: Wording) -> list[str]:
    words = wording.words
    segment, band = str(row["segment_id"]), str(row["rfm_band"])
    cells = {
        "arm": words.text(f"audiences.arms.{row['arm']}"),
        "channel": words.text(f"strategies.channels.{row['channel']}"),
        "preferred_channel": _channel(row["preferred_channel"], words),
        "segment": words.text("audiences.no_type") if segment == "none" else words.segment(segment),
        "rfm_band": words.text("audiences.no_band") if band == "none" else words.band(band),
        "reasons": " · ".join(_reasons(row, traits, wording)),
        "offer": "" if row["offer_id"] is None else wording.value("offer_id", str(row["offer_id"])),
        "consent": words.text(f"audiences.consent.{row['consent'] or 'unknown'}"),
    }
    return [cells[name] if name in cells else plain(row[name]) for name in COLUMNS]


def _channel(channel: object, words: Words) -> str:
    return "" if channel is None else words.text(f"strategies.channels.{channel}")


def _reasons(row: Mapping[str, object], traits: tuple[str, ...], wording: Wording) -> Iterator[str]:
    for trait in traits:
        yield wording.trait(trait, str(row[f"trait_{trait}"]))
    if row["recency_days"] is not None:
        yield wording.words.text("audiences.last_purchase", days=row["recency_days"])
    if row["dormancy_probability"] is not None:
        share = wording.words.figure("share", float(str(row["dormancy_probability"])))
        yield wording.words.text("audiences.dormancy", share=share)


def plain(value: object) -> str:
    """A cell: an amount without the zeros that its type pads it with, a share with four decimals, a day in ISO."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, datetime):
        return value.date().isoformat()
    return f"{value:.4f}" if isinstance(value, float) else str(value)
