"""What recommendations were worth: measured on what customers bought in the month after.

Of each customer who bought something that counts: whether one of the ``AT`` first recommendations was among it (hit),
the share of it that was named (recall: hits ÷ min(AT, bought)), and average precision (Σ over the hits of hits so far ÷
place, ÷ min(AT, bought)). What could not be named, because nobody had bought it before, counts among what was bought.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import scipy.sparse as sp

from crm_assets.merchandising.purchases import Shelf, Shoppers, read_shoppers
from crm_assets.months import Snapshot
from crm_assets.settings import Settings
from crm_assets.statistics.evidence import Z, wilson
from crm_assets.warehouse import Session, read_query

AT = 10
ALL = "all"
_JUDGED = """select d.customer_id, t.segment_id from (
        select customer_id, row_number() over (
            order by md5(cast(:seed as varchar) || ' ' || customer_id), customer_id
        ) as place
        from (select distinct customer_id from shelf_news) as bought
    ) d
    left join customer_types t on t.month = :month_before and t.customer_id = d.customer_id
    where d.place <= :most"""


@dataclass(frozen=True)
class Answers:
    """What the shoppers of a batch bought in the month after.

    Attributes:
        bought: (n, m) 1 = bought, and it counts; count: (n,) how many, also such as are not on the shelf.
    """

    bought: sp.csr_matrix
    count: np.ndarray


def read_judged(
    session: Session, before: Snapshot, shelf: Shelf, settings: Settings, month: Snapshot
) -> Iterator[tuple[Shoppers, Answers]]:
    """Customers on whom recommendations of the month ``before`` are judged, with what they knew then and bought since;
    at most ``recommender_evidence_customers``, those whose seeded hash comes first.

    Args:
        shelf: of the month before, just read.
        month: the month after.
    """
    session.execute(
        f"create or replace temp table shelf_news as {read_query('shelf_news')}",
        **month.parameters,
        first_month=before.window_start,
        recommend_bought=settings.recommend_bought,
    )
    drawn = {"seed": settings.seed, "most": settings.recommender_evidence_customers}
    for shoppers in read_shoppers(session, before, shelf, _JUDGED, month_before=before.month, **drawn):
        yield shoppers, _answers(session, shelf, shoppers)


def _answers(session: Session, shelf: Shelf, shoppers: Shoppers) -> Answers:
    """Of shoppers whose places are in the temporary table ``shoppers``."""
    rows = session.execute(
        """select s.place as customer, coalesce(n.place, -1) as article
        from shelf_news n join shoppers s on s.customer_id = n.customer_id
        where s.place >= :start and s.place < :stop order by s.place, n.place""",
        start=shoppers.start,
        stop=shoppers.start + len(shoppers.ids),
    ).fetchnumpy()
    customer, article = (np.asarray(rows[name], dtype=np.int32) for name in ("customer", "article"))
    customer = customer - shoppers.start
    named = article >= 0
    bought = sp.csr_matrix(
        (np.ones(named.sum()), (customer[named], article[named])), shape=(len(shoppers.ids), len(shelf))
    )
    return Answers(bought, np.bincount(customer, minlength=len(shoppers.ids)))


@dataclass
class Judgement:
    """The figures of one recommender, gathered batch by batch."""

    articles: int
    segments: list[np.ndarray] = field(default_factory=list)
    values: list[np.ndarray] = field(default_factory=list)  # (n, 3): hit, recall, average precision
    named: list[np.ndarray] = field(default_factory=list)

    def add(self, places: np.ndarray, shoppers: Shoppers, answers: Answers) -> None:
        """
        Args:
            places: (n, k) articles of the shelf recommended to each, the best first; −1 = none.
        """
        first = places[:, :AT]
        rows = np.arange(len(first))[:, None]
        hits = np.asarray(answers.bought[rows, np.maximum(first, 0)].todense()) * (first >= 0)
        self.segments.append(shoppers.segments)
        self.values.append(judged(hits, answers.count))
        self.named.append(first)

    def rows(self) -> list[dict[str, object]]:
        """One row for all and one per type, columns as in recommender_evidence; none where nobody was judged."""
        if not self.values:
            return []
        segments, values, named = (np.concatenate(parts) for parts in (self.segments, self.values, self.named))
        slices = {ALL: np.ones(len(values), dtype=bool)}
        slices |= {segment: segments == segment for segment in sorted({*segments} - {""})}
        return [{"slice": name, **figures(values[of]), **self._coverage(named[of])} for name, of in slices.items()]

    def _coverage(self, named: np.ndarray) -> dict[str, float]:
        return {"coverage": len(np.unique(named[named >= 0])) / self.articles}


def judged(hits: np.ndarray, bought: np.ndarray) -> np.ndarray:
    """(n, 3) hit, recall and average precision of each customer.

    Args:
        hits: (n, k ≤ AT) 1 = the recommendation at that place was bought.
        bought: (n,) how many articles the customer bought that count, at least 1.
    """
    of = np.minimum(bought, AT)
    precision = np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)
    return np.column_stack([hits.max(axis=1, initial=0), hits.sum(axis=1) / of, (precision * hits).sum(axis=1) / of])


def figures(values: np.ndarray) -> dict[str, float]:
    """Means over customers with 95 % intervals: Wilson's of the hit rate, mean ± 1.96 s/√n of the others, missing with
    a single customer.

    Args:
        values: (n ≥ 1, 3) of ``judged``.
    """
    n, means = len(values), values.mean(axis=0)
    low, high = wilson(means[0], n)
    made: dict[str, float] = {"customers": n, "hit_rate": means[0], "hit_rate_low": low, "hit_rate_high": high}
    spread = Z * values.std(axis=0, ddof=1) / np.sqrt(n) if n > 1 else np.full(3, np.nan)
    for column, name in ((1, "recall_at_10"), (2, "map_at_10")):
        made[name] = means[column]
        made[f"{name}_low"] = np.maximum(means[column] - spread[column], 0)
        made[f"{name}_high"] = np.minimum(means[column] + spread[column], 1)
    return made


def best_of(evidence: pd.DataFrame) -> pd.Series:
    """Recommenders by their mean MAP@10 over the months, the best first, equal ones by name.

    Args:
        evidence: recommender and map_at_10, one row per month and recommender.
    """
    means = evidence.groupby("recommender")["map_at_10"].mean().sort_index()
    return means.sort_values(ascending=False, kind="stable")
