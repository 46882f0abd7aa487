"""Who bought what, as sparse matrices: the articles of a month (``Shelf``) and its customers, batch by batch.

Counting is the engine's; what comes to Python are places in tables, as integers, and one batch of customers at a time.
What is made of the matrices is ``similarity``'s and ``recommenders``'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import scipy.sparse as sp

from crm_assets.months import Snapshot, month_of
from crm_assets.settings import Settings
from crm_assets.warehouse import Session, read_query

SHORT_DAYS, LONG_DAYS = 14, 28  # within one calendar month, whatever its length
CELLS = 20_000_000  # customers × articles whose scores are in memory at once, in several matrices of 160 MB


@dataclass(frozen=True)
class Shelf:
    """The articles that can be recommended at the end of a month, the most widely bought first.

    Attributes:
        articles: (m,) their ids.
        buyers: (m,) customers who bought each in the window.
        recent: days → (m,) customers who last bought it within so many days up to the month's end.
        days: days of the window that history covers.
    """

    articles: np.ndarray
    buyers: np.ndarray
    recent: Mapping[int, np.ndarray]
    days: int

    def __len__(self) -> int:
        return len(self.articles)

    def trend(self, days: int) -> np.ndarray:
        """(m,) how much more an article is bought lately than over the window: (recent + 1) ÷ (expected + 1), expected
        = buyers × days ÷ days of the window. 1 = as ever."""
        return (self.recent[days] + 1) / (self.buyers * min(1.0, days / self.days) + 1)


@dataclass(frozen=True)
class Shoppers:
    """Some customers and what they bought of the shelf.

    Attributes:
        start: place of the first of them among all.
        ids: (n,) customers; segments: (n,) their types, empty where they have none.
        bought: (n, m) 1 = bought in the window.
        known: (n, m) 1 = ever bought.
        days_ago: (n, m) days since the last time, plus 1; 0 = never.
    """

    start: int
    ids: np.ndarray
    segments: np.ndarray
    bought: sp.csr_matrix
    known: sp.csr_matrix
    days_ago: sp.csr_matrix


def read_shelf(session: Session, snapshot: Snapshot, settings: Settings) -> Shelf:
    """The shelf at the end of a month; makes the temporary table ``shelf``."""
    session.execute(
        f"create or replace temp table shelf as {read_query('shelf')}",
        **snapshot.parameters,
        recommender_max_articles=settings.recommender_max_articles,
        short_days=SHORT_DAYS,
        long_days=LONG_DAYS,
    )
    rows = session.execute(
        "select product_id, buyers, short_buyers, long_buyers from shelf order by place"
    ).fetchnumpy()
    return Shelf(
        np.asarray(rows["product_id"], dtype=object),
        np.asarray(rows["buyers"], dtype=float),
        {SHORT_DAYS: np.asarray(rows["short_buyers"], float), LONG_DAYS: np.asarray(rows["long_buyers"], float)},
        (snapshot.as_of - max(snapshot.window_start, snapshot.history_start)).days + 1,
    )


def read_shoppers(
    session: Session, snapshot: Snapshot, shelf: Shelf, who: str, /, *, since: date | None = None, **given: object
) -> Iterator[Shoppers]:
    """Customers with their purchases up to the month's end, in order of customer_id, as many at once as ``CELLS``
    allow.

    Args:
        shelf: of the same month, just read.
        who: a query that yields customer_id and segment_id, each customer once.
        since: first month of the purchases; none = that of history, so that what was ever bought is known.
    """
    session.execute(
        f"""create or replace temp table shoppers as
        select customer_id, segment_id, row_number() over (order by customer_id) - 1 as place from ({who}) as chosen""",
        **given,
    )
    session.execute(
        f"create or replace temp table shelf_purchases as {read_query('shelf_purchases')}",
        **snapshot.parameters,
        since=since or month_of(snapshot.history_start),
    )
    size = max(CELLS // max(len(shelf), 1), 1)
    for start in range(0, int(session.scalar("select count(*) from shoppers")), size):
        yield _batch(session, shelf, start, start + size)


def _batch(session: Session, shelf: Shelf, start: int, stop: int) -> Shoppers:
    of = session.rows(
        """select customer_id, coalesce(segment_id, '') from shoppers where place >= :start and place < :stop
        order by place""",
        start=start,
        stop=stop,
    )
    pairs = session.execute(
        """select customer - :start as customer, article, in_window, days_ago from shelf_purchases
        where customer >= :start and customer < :stop""",
        start=start,
        stop=stop,
    ).fetchnumpy()
    customer, article = (np.asarray(pairs[name], dtype=np.int32) for name in ("customer", "article"))

    def matrix(values: np.ndarray) -> sp.csr_matrix:
        made = sp.csr_matrix((values, (customer, article)), shape=(len(of), len(shelf)))
        made.eliminate_zeros()
        return made

    ids, segments = (np.array(values, dtype=object) for values in zip(*of, strict=True))
    return Shoppers(
        start,
        ids,
        segments,
        matrix(np.asarray(pairs["in_window"], dtype=np.float32)),
        matrix(np.ones(len(customer), dtype=np.float32)),
        matrix(np.asarray(pairs["days_ago"], dtype=np.float32) + 1),
    )
