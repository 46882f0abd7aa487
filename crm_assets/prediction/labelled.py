"""What models of the latent type learn from, read from the warehouse: the types of existing customers, and their rows.

Reading only; what the rows mean is in ``model_rows``, what is made of them in the assets.
"""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from crm_assets.contracts.base import identifier, table_name
from crm_assets.contracts.feature_sets import SETS, described
from crm_assets.contracts.feature_table import CUTOFFS, FeatureTable
from crm_assets.coverage import require_covered
from crm_assets.months import Snapshot
from crm_assets.prediction.evaluation import drawn_customers
from crm_assets.prediction.model_rows import labelled_rows
from crm_assets.settings import Settings
from crm_assets.warehouse import Session

FEATURES = tuple(map(table_name, SETS.values()))  # tables of ``joined_features``
READ = ("cluster_assignments", "customer_lifecycles", *FEATURES)  # tables that are read here: deps of who asks
_DRAWN = "drawn_customers"


def labels(session: Session, snapshot: Snapshot) -> pd.Series:
    """The type at as_of of every existing customer: segment_id, indexed by customer_id, sorted.

    Raises:
        OutOfStep: of a customer with a type it is not known whether it is existing.
    """
    require_covered(session, snapshot, "cluster_assignments", "customer_lifecycles")
    frame = session.frame(
        """select c.customer_id, c.segment_id from cluster_assignments c
        join customer_lifecycles l on l.month = c.month and l.customer_id = c.customer_id and l.lifecycle <> 'new'
        where c.month = :month order by c.customer_id""",
        month=snapshot.month,
    )
    return frame.set_index("customer_id")["segment_id"]


def labelled_rows_of(
    session: Session, snapshot: Snapshot, customers: pd.Index | None, settings: Settings
) -> pd.DataFrame:
    """``model_rows.labelled_rows`` of every cut-off of these customers, with the columns of the sets in use.

    Only their rows are read: of a million customers a comparison draws thousands.

    Args:
        customers: customer_id of existing customers; None = all of them.
        settings: names the sets of columns; the seed's are always read.

    Raises:
        KeyError: a customer has no type this month.
        ValueError: no customer has rows.
    """
    known = labels(session, snapshot)
    wanted = known if customers is None else known.loc[customers]
    with session.lent("drawn_frame", wanted.index.to_frame(name="customer_id", index=False)):
        session.execute(
            f"create or replace temp table {_DRAWN} as select cast(customer_id as varchar) as customer_id "
            "from drawn_frame"
        )
    return labelled_rows(session.frame(_query(settings), month=snapshot.month), wanted, CUTOFFS)


def compared_rows(session: Session, snapshot: Snapshot, settings: Settings) -> pd.DataFrame | None:
    """``labelled_rows_of`` at most ``max_comparison_customers``; None for a month that trained no model."""
    trained = "select count(*) from lightgbm_model where month = :month and status in ('trained', 'kept')"
    if not session.scalar(trained, month=snapshot.month):
        return None
    types = labels(session, snapshot)
    drawn = drawn_customers(
        types, settings.max_comparison_customers, folds=settings.evaluation_folds, seed=settings.seed
    )
    return labelled_rows_of(session, snapshot, drawn.index, settings)


def joined_features(sets: Collection[str]) -> str:
    """A query of the feature table, named f, with the columns of these sets too; no condition, no order."""
    further = [contract for name, contract in SETS.items() if name in sets and contract is not FeatureTable]
    shown, joined = ["f.*"], []
    for contract in further:
        table = identifier(table_name(contract))
        shown += [f"{table}.{identifier(c.name)}" for c in described(contract)]
        joined.append(
            f"left join {table} on {table}.month = f.month and {table}.customer_id = f.customer_id "
            f"and {table}.cutoff = f.cutoff"
        )
    return f"select {', '.join(shown)} from feature_table f {' '.join(joined)}"


def _query(settings: Settings) -> str:
    return (
        f"{joined_features(settings.model_features.split('+'))} join {_DRAWN} d on d.customer_id = f.customer_id "
        "where f.month = :month order by f.customer_id, f.cutoff"
    )
