"""The month that movements are measured from, and the word when it is missing."""

from __future__ import annotations

from crm_assets.months import Snapshot
from crm_assets.warehouse import OutOfStep, Session


def require_month_before(session: Session, snapshot: Snapshot) -> None:
    """The month before is in ``customer_types``, or nobody had bought yet.

    Raises:
        OutOfStep: somebody bought before this month, but that month is not made: everybody would seem to be here for
            the first time; or it holds customers that this month does not know.
    """
    before = snapshot.month_before
    customers, receipts, receipts_now, gone = session.rows(
        """select
            (select count(*) from customer_types where month = :before),
            (select coalesce(sum(receipts), 0) from customer_types where month = :month),
            (select count(*) from receipts where month = :month),
            (select count(*) from customer_types b
                left join customer_types a on a.customer_id = b.customer_id and a.month = :month
                where b.month = :before and a.customer_id is null)""",
        before=before,
        month=snapshot.month,
    )[0]
    remedy = f"`crm refresh --months {before:%Y-%m}:{snapshot.month:%Y-%m}`"
    older = receipts - receipts_now
    if older > 0 and not customers:
        raise OutOfStep(
            f"customer_types holds nobody in {before:%Y-%m}, though {older:,} receipts are older than "
            f"{snapshot.month:%Y-%m}. Make that month first: {remedy}.",
        )
    if gone:
        raise OutOfStep(
            f"{gone:,} customers of {before:%Y-%m} are not in customer_types of {snapshot.month:%Y-%m}: one of the two "
            f"is out of date. Make both: {remedy}.",
        )
