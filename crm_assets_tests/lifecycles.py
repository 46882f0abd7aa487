"""``customer_lifecycles`` for tests of what joins it: counted from receipts, or told by rows of the feature table."""

from __future__ import annotations

from crm_assets.contracts import CONTRACTS
from crm_assets.months import Snapshot
from crm_assets.warehouse import Session, read_query

TABLE = "customer_lifecycles"
NEW_AT_MOST = 3


def count(session: Session, snapshot: Snapshot, new_customer_max_receipts: int = NEW_AT_MOST) -> None:
    """Make the month of the table by its query, from the receipts as they are now."""
    contract = CONTRACTS[TABLE]
    staged = session.stage(
        contract, read_query(TABLE), new_customer_max_receipts=new_customer_max_receipts, **snapshot.parameters
    )
    session.replace(contract, staged, "month = :month", month=snapshot.month)


def as_told_by(session: Session, features: str = "feature_table") -> None:
    """Every month anew, from whole histories: who has more receipts than a new customer is existing, nobody lapsed."""
    session.execute(f"delete from {TABLE}")
    session.execute(
        f"""insert into {TABLE} by name
        select month, as_of, customer_id, receipts, case when receipts > {NEW_AT_MOST} then 'existing' else 'new' end
            as lifecycle
        from {features} where cutoff = 'as_of'"""
    )
