"""The month that movements are measured from, and the word when it is missing."""

from __future__ import annotations

from datetime import date

import dagster as dg

from crm_assets.months import Snapshot, add_months
from crm_assets.warehouse import Session


def month_before(session: Session, snapshot: Snapshot) -> date:
    """First day of the month before, whose customers are in ``customer_types``, or were none.

    Raises:
        dg.Failure: somebody bought before this month, but that month is not made: everybody would seem to be here for
            the first time; or it holds customers that this month does not know.
    """
    before = add_months(snapshot.month, -1)
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
        raise dg.Failure(
            f"customer_types holds nobody in {before:%Y-%m}, though {older:,} receipts are older than "
            f"{snapshot.month:%Y-%m}. Make that month first: {remedy}.",
            allow_retries=False,
        )
    if gone:
        raise dg.Failure(
            f"{gone:,} customers of {before:%Y-%m} are not in customer_types of {snapshot.month:%Y-%m}: one of the two "
            f"is out of date. Make both: {remedy}.",
            allow_retries=False,
        )
    return before
