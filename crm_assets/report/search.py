"""The search of the report: some customers' cards as compact JSON, which the page's script shows when asked for.

Who is in it and what a card says is here; how it looks is in search.js.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pandas as pd

from crm_assets.charts import LANGUAGES, Pair
from crm_assets.report.blocks import Pen
from crm_assets.report.data import ReportData

ARTICLES = 3
# Those in campaigns first, then those who spent most: they are asked about.
_CHOSEN = """select l.customer_id, l.receipts, l.last_purchase_date, t.segment_id, t.source, r.rfm_band,
        cast(r.monetary as double) as monetary, d.probability, p.consent,
        row_number() over (
            order by case when a.customer_id is null then 1 else 0 end, coalesce(r.monetary, 0) desc, l.customer_id
        ) as place
    from customer_lifecycles l
    left join customer_types t on t.month = l.month and t.customer_id = l.customer_id
    left join rfm_scores r on r.month = l.month and r.customer_id = l.customer_id
    left join dormancy_predictions d on d.month = l.month and d.customer_id = l.customer_id
    left join response_rates p on p.month = l.month and p.customer_id = l.customer_id
    left join (select customer_id from audiences where month = :month group by customer_id) as a
        on a.customer_id = l.customer_id
    where l.month = :month"""
_OF_CHOSEN = f"customer_id in (select customer_id from ({_CHOSEN}) as chosen where place <= :most)"
SEARCHED = {
    "search_customers": f"select * from ({_CHOSEN}) as chosen where place <= :most order by customer_id",
    "search_campaigns": f"""select a.customer_id, a.campaign_id, a.strategy_id, a.arm
from audiences a join strategies s on s.month = a.month and s.strategy_id = a.strategy_id
where a.month = :month and a.{_OF_CHOSEN} order by a.customer_id, s.place, a.campaign_id""",
    "search_articles": f"""select r.customer_id, r.product_id, coalesce(p.name, r.product_id) as name
from recommendations r left join products p on p.product_id = r.product_id
where r.month = :month and r.rank <= {ARTICLES} and r.{_OF_CHOSEN} order by r.customer_id, r.rank""",
    "search_offers": f"""select m.customer_id, m.offer_id, cast(m.net_benefit as double) as net_benefit
from offer_matches m
where m.month = :month and m.rank = 1 and m.{_OF_CHOSEN} order by m.customer_id""",
}
WORDS = (
    "type", "band", "receipts", "spend", "last", "dormancy", "campaigns", "articles", "offer", "none", "no_campaign",
    "refused", "not_found", "not_found_more", "treatment", "control", "predicted", "carried",
)  # fmt: skip


class Index:
    """Names told once and then by number."""

    def __init__(self) -> None:
        self.names: dict[Any, int] = {}

    def __call__(self, name: Any) -> int | None:
        return None if pd.isna(name) else self.names.setdefault(name, len(self.names))


def searched(data: ReportData, pen: Pen) -> dict[str, Any] | None:
    """What the script searches; None where the file holds no customers.

    ``customers``: id → [type, source, band, receipts, spend, last purchase, dormancy in thousandths, campaigns as
    [strategy, whether held out], articles, offer, its benefit, whether it refused messages], names by their place in
    ``types``, ``bands``, ``strategies``, ``articles`` and ``offers``.
    """
    rows = data.table("search_customers")
    if rows.empty:
        return None
    types, bands, strategies, articles, offers = (Index() for _ in range(5))
    campaigns = _by_customer(
        data.table("search_campaigns"), lambda r: [strategies(r.strategy_id), int(r.arm == "control")]
    )
    told = _by_customer(data.table("search_articles"), lambda r: articles(r.name))
    matched = _by_customer(data.table("search_offers"), lambda r: [offers(r.offer_id), round(float(r.net_benefit), 2)])
    customers = {}
    for row in rows.itertuples(index=False):
        offer = matched.get(row.customer_id, [[None, None]])[0]
        customers[str(row.customer_id)] = [
            types(row.segment_id),
            str(row.source) if row.source in ("predicted", "carried") else None,
            bands(row.rfm_band),
            int(row.receipts),
            None if pd.isna(row.monetary) else round(float(row.monetary), 2),
            f"{row.last_purchase_date:%Y-%m-%d}",
            None if pd.isna(row.probability) else round(float(row.probability) * 1000),
            campaigns.get(row.customer_id, []),
            told.get(row.customer_id, []),
            *offer,
            int(row.consent == "no"),
        ]
    currency = pen.texts.tree["currencies"].get(data.currency, {})
    return {
        "customers": customers,
        "types": _both(pen.segment(name) for name in types.names),
        "bands": _both(pen(lambda w, n=name: w.band(n)) for name in bands.names),
        "strategies": _both(_titles(data.table("strategies"), "strategy_id", strategies)),
        "articles": list(articles.names),
        "offers": _both(_titles(data.table("offers"), "offer_id", offers)),
        "words": {name: dict(zip(LANGUAGES, pen.text(f"search.{name}"), strict=True)) for name in WORDS},
        "money": {"decimals": currency.get("decimals", 2)}
        | {lang: currency.get(lang, "{n} " + data.currency) for lang in LANGUAGES},
    }


def _by_customer(rows: pd.DataFrame, cell: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in rows.itertuples(index=False):
        found.setdefault(row.customer_id, []).append(cell(row))
    return found


def _titles(rows: pd.DataFrame, column: str, wanted: Index) -> Iterable[Pair]:
    known = {row[column]: Pair(str(row["title_ko"]), str(row["title_en"])) for row in rows.to_dict("records")}
    return (known.get(name, Pair(str(name), str(name))) for name in wanted.names)


def _both(names: Iterable[Pair]) -> dict[str, list[str]]:
    pairs = list(names)
    return {lang: [getattr(pair, lang) for pair in pairs] for lang in LANGUAGES}


def as_json(value: Any) -> str:
    """JSON that is safe inside a script element, whatever names the files held."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, default=list)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
