"""What recommenders know at the end of a month, read from the warehouse."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from crm_assets.merchandising.purchases import Shelf, read_shelf
from crm_assets.merchandising.recommenders import Knowledge, content_of
from crm_assets.months import Snapshot
from crm_assets.settings import Settings
from crm_assets.warehouse import Session, read_query


def read_knowledge(session: Session, snapshot: Snapshot, settings: Settings) -> Knowledge:
    """Shelf, companions, contents and types' favourites at the end of a month, whose article_similarities and
    customer_types are there; makes the temporary table ``shelf``."""
    shelf = read_shelf(session, snapshot, settings)
    return Knowledge(
        shelf, _companions(session, snapshot, shelf), _content(session), _segments(session, snapshot, shelf)
    )


def _companions(session: Session, snapshot: Snapshot, shelf: Shelf) -> sp.csc_matrix:
    rows = session.execute(
        """select b.place as because, h.place as article, s.weight
        from article_similarities s
        join shelf h on h.product_id = s.product_id
        join shelf b on b.product_id = s.because_product_id
        where s.month = :month order by h.place, b.place""",
        month=snapshot.month,
    ).fetchnumpy()
    because, article = (np.asarray(rows[name], dtype=np.int32) for name in ("because", "article"))
    values = np.asarray(rows["weight"], dtype=float)
    return sp.csc_matrix((values, (because, article)), shape=(len(shelf), len(shelf)))


def _content(session: Session) -> sp.csr_matrix:
    """Words of the name, and each category as one word, whatever it is called."""
    rows = session.rows(
        """select p.name, p.category_major, p.category_middle
        from shelf h left join products p on p.product_id = h.product_id order by h.place"""
    )
    levels = [("major", sorted({r[1] for r in rows if r[1]})), ("middle", sorted({r[2] for r in rows if r[2]}))]
    word = {(level, name): f"{level}_{n}" for level, names in levels for n, name in enumerate(names)}
    told = [(r[0] or "", word.get(("major", r[1]), ""), word.get(("middle", r[2]), "")) for r in rows]
    return content_of([" ".join(parts) for parts in told])


def _segments(session: Session, snapshot: Snapshot, shelf: Shelf) -> dict[str, np.ndarray]:
    made: dict[str, np.ndarray] = {}
    for segment, article, buyers in session.rows(read_query("shelf_segments"), **snapshot.parameters):
        made.setdefault(segment, np.zeros(len(shelf)))[article] = buyers
    return made
