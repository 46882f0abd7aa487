"""``customer_types``: one type for every customer, with where it comes from."""

import dagster as dg

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.automation_conditions import on_new_months
from crm_assets.defs.partitions import HISTORY
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import table_of
from crm_assets.defs.table import publish, table_asset
from crm_assets.months import Snapshot
from crm_assets.warehouse import Session, read_query

TABLE = "customer_types"
EVERYBODY_ONCE = "everybody_once"


@table_asset(
    TABLE,
    group="prediction",
    deps=[
        dg.AssetDep("receipts", partition_mapping=HISTORY),
        "rfm_scores",
        dg.AssetDep("cluster_assignments", partition_mapping=HISTORY),
        "new_customer_predictions",
    ],
    condition=on_new_months(),
    checks=(EVERYBODY_ONCE,),
)
def customer_types(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """Everybody with a receipt up to as_of. Who is clustered this month has the assigned type, a new customer the
    predicted one, or none where the model abstained, a lapsed one the last that it was assigned, under its name then.
    No type could be given to existing customers of a month without types, to new ones of a month without a model, and
    to lapsed ones who never were clustered. With `cluster_population=all` the new customers of
    the window are assigned theirs."""
    snapshot = settings.snapshot(context.partition_key)
    with warehouse.session() as session:
        staged = session.stage(
            CONTRACTS[TABLE],
            read_query(TABLE),
            month=snapshot.month,
            as_of=snapshot.as_of,
            new_customer_max_receipts=settings.new_customer_max_receipts,
        )
        check = everybody_once(session, staged, snapshot)
        yield check
        if not check.passed:
            raise dg.Failure(f"{snapshot.month:%Y-%m}: {check.description}", allow_retries=False)
        yield from publish(context, session, staged, lambda s: show(s, snapshot))


def everybody_once(session: Session, staged: str, snapshot: Snapshot) -> dg.AssetCheckResult:
    """As many rows as customers so far, and as many of them assigned, predicted and abstained as those tables say."""
    found = session.rows(
        f"""select
            (select count(*) from {staged}),
            (select count(distinct customer_id) from receipts where month <= :month),
            (select count(*) from {staged} where source = 'assigned'),
            (select count(*) from cluster_assignments where month = :month),
            (select count(*) from {staged} where source in ('predicted', 'abstained')),
            (select count(*) from new_customer_predictions n
                left join cluster_assignments a on a.customer_id = n.customer_id and a.month = n.month
                where n.month = :month and a.customer_id is null),
            (select count(*) from {staged} where source = 'abstained'),
            (select count(*) from new_customer_predictions n
                left join cluster_assignments a on a.customer_id = n.customer_id and a.month = n.month
                where n.month = :month and a.customer_id is null and n.abstained)""",
        month=snapshot.month,
    )[0]
    names = (
        *("customers", "customers seen", "assigned", "in cluster_assignments"),
        *("predicted or abstained", "in predictions", "abstained", "abstained in predictions"),
    )
    counts = dict(zip(names, (int(n) for n in found), strict=True))
    passed = found[0::2] == found[1::2]
    told = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    return dg.AssetCheckResult(
        check_name=EVERYBODY_ONCE,
        passed=passed,
        description=None
        if passed
        else f"the tables that it reads are out of step ({told}). Make the whole month: "
        f"`crm refresh --months {snapshot.month:%Y-%m}`. The month keeps what it had.",
        metadata=counts,
    )


def show(session: Session, snapshot: Snapshot) -> dict[str, object]:
    return {
        "as_of": str(snapshot.as_of),
        "types": table_of(
            session,
            """select coalesce(segment_name, '–') as type, count(*) as customers,
                sum(case when source = 'assigned' then 1 else 0 end) as assigned,
                sum(case when source = 'predicted' then 1 else 0 end) as predicted,
                sum(case when source = 'abstained' then 1 else 0 end) as abstained,
                sum(case when source = 'carried' then 1 else 0 end) as carried
            from customer_types where month = :month group by segment_name order by customers desc, type""",
            month=snapshot.month,
        ),
        "lifecycle and source": table_of(
            session,
            """select lifecycle, source, count(*) as customers from customer_types where month = :month
            group by lifecycle, source order by lifecycle, source""",
            month=snapshot.month,
        ),
    }
