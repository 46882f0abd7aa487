"""``segment_migration``: from the types of last month to those of this one."""

from datetime import date

import dagster as dg

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.automation_conditions import on_new_months
from crm_assets.defs.partitions import trailing
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.retention.month_before import month_before
from crm_assets.defs.shown import table_of
from crm_assets.defs.table import publish, table_asset
from crm_assets.months import Snapshot
from crm_assets.warehouse import Session, read_query

TABLE = "segment_migration"
SUMS = "sums_to_both_months"


@table_asset(
    TABLE,
    group="retention",
    deps=[
        dg.AssetDep("customer_types", partition_mapping=trailing(2)),
        dg.AssetDep("rfm_scores", partition_mapping=trailing(2)),
        dg.AssetDep("cluster_assignments", partition_mapping=trailing(2)),
        "receipts",
    ],
    condition=on_new_months(),
    checks=(SUMS,),
)
def segment_migration(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """The rows of a state sum to its customers of the month before, the columns to those of the month. The first month
    of history has first purchases only. Amounts and changes are those of RFM's windows; `revenue_month` is what was
    bought in the month itself."""
    snapshot = settings.snapshot(context.partition_key)
    with warehouse.session() as session:
        before = month_before(session, snapshot)
        staged = session.stage(
            CONTRACTS[TABLE], read_query(TABLE), month=snapshot.month, as_of=snapshot.as_of, before=before
        )
        check = sums_to_both_months(session, staged, snapshot, before)
        yield check
        if not check.passed:
            raise dg.Failure(f"{snapshot.month:%Y-%m}: {check.description}", allow_retries=False)
        yield from publish(context, session, staged, lambda s: show(s, snapshot))


def sums_to_both_months(session: Session, staged: str, snapshot: Snapshot, before: date) -> dg.AssetCheckResult:
    """Every state of either month has as many customers in the matrix as in ``customer_types``."""
    differing = session.rows(
        f"""select m.month, coalesce(m.state, t.state), coalesce(m.customers, 0), coalesce(t.customers, 0)
        from (
            select cast(:before as date) as month, from_state as state, sum(customers) as customers
            from {staged} where scheme = 'type' and from_state <> 'first_purchase' group by from_state
            union all
            select cast(:month as date), to_state, sum(customers) from {staged} where scheme = 'type' group by to_state
        ) m
        full join (
            select month, state, count(*) as customers from customer_types
            where month = :before or month = :month group by month, state
        ) t on t.month = m.month and t.state = m.state
        where coalesce(m.customers, 0) <> coalesce(t.customers, 0) order by 1, 2""",
        month=snapshot.month,
        before=before,
    )
    told = "; ".join(
        f"{month:%Y-%m} {state}: {ours:,} in the matrix, {theirs:,} customers"
        for month, state, ours, theirs in differing
    )
    return dg.AssetCheckResult(
        check_name=SUMS,
        passed=not differing,
        description=told or None,
        metadata={"states that differ": len(differing)},
    )


def show(session: Session, snapshot: Snapshot) -> dict[str, object]:
    return {
        "as_of": str(snapshot.as_of),
        "largest movements": table_of(
            session,
            """select from_state, to_state, customers, round(100 * share_of_from, 1) as pct_of_from,
                round(100 * share_of_to, 1) as pct_of_to, bought, cast(revenue_month as double) as revenue_month
            from segment_migration where month = :month and scheme = 'type'
            order by customers desc, from_state, to_state limit 20""",
            month=snapshot.month,
        ),
    }
