"""``segment_migration``: from the types of last month to those of this one."""

import dagster as dg

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import two_months
from crm_assets.defs.table import table_asset
from crm_assets.months import Snapshot
from crm_assets.retention.month_before import require_month_before
from crm_assets.warehouse import Session

SUMS = "sums_to_both_months"


@table_asset(
    deps=[
        two_months("customer_types"),
        two_months("rfm_scores"),
        two_months("cluster_assignments"),
        "receipts",
    ],
    checks=(SUMS,),
)
def segment_migration(month: Month):
    """The rows of a state sum to its customers of the month before, the columns to those of the month. The first month
    of history has first purchases only. Amounts and changes are those of RFM's windows; `revenue_month` is what was
    bought in the month itself."""
    require_month_before(month.session, month.snapshot)
    staged = month.stage()
    yield from month.gate(sums_to_both_months(month.session, staged, month.snapshot))
    yield from month.publish(staged, show)


def sums_to_both_months(session: Session, staged: str, snapshot: Snapshot) -> dg.AssetCheckResult:
    """Every state of either month has as many customers in the matrix as in ``customer_types``."""
    differing = session.rows(
        f"""select m.month, coalesce(m.state, t.state), coalesce(m.customers, 0), coalesce(t.customers, 0)
        from (
            select cast(:month_before as date) as month, from_state as state, sum(customers) as customers
            from {staged} where scheme = 'type' and from_state <> 'first_purchase' group by from_state
            union all
            select cast(:month as date), to_state, sum(customers) from {staged} where scheme = 'type' group by to_state
        ) m
        full join (
            select month, state, count(*) as customers from customer_types
            where month = :month_before or month = :month group by month, state
        ) t on t.month = m.month and t.state = m.state
        where coalesce(m.customers, 0) <> coalesce(t.customers, 0) order by 1, 2""",
        **snapshot.parameters,
    )
    told = "; ".join(
        f"{month:%Y-%m} {state}: {ours:,} in the matrix, {theirs:,} customers"
        for month, state, ours, theirs in differing
    )
    return dg.AssetCheckResult(
        check_name=SUMS,
        passed=not differing,
        description=f"{told}. Make the whole month: `crm refresh --months {snapshot.month:%Y-%m}`." if told else None,
        metadata={"states that differ": len(differing)},
    )


def show(month: Month) -> Shown:
    return {
        "largest movements": month.as_table(
            """select from_state, to_state, customers, round(100 * share_of_from, 1) as pct_of_from,
                round(100 * share_of_to, 1) as pct_of_to, bought, cast(revenue_month as double) as revenue_month
            from segment_migration where month = :month and scheme = 'type'
            order by customers desc, from_state, to_state""",
        ),
    }
