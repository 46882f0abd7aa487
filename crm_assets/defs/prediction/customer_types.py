"""``customer_types``: one type for every customer, with where it comes from."""

import dagster as dg

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import history
from crm_assets.defs.table import table_asset
from crm_assets.months import Snapshot
from crm_assets.warehouse import Session

EVERYBODY_ONCE = "everybody_once"


@table_asset(
    deps=[
        "customer_lifecycles",
        history("cluster_assignments"),
        "new_customer_predictions",
    ],
    checks=(EVERYBODY_ONCE,),
)
def customer_types(month: Month):
    """Everybody with a receipt up to as_of. Who is clustered this month has the assigned type, a new customer the
    predicted one, or none where the model abstained, a lapsed one the last that it was assigned, under its name then.
    No type could be given to existing customers of a month without types, to new ones of a month without a model, and
    to lapsed ones who never were clustered. With `cluster_population=all` the new customers of
    the window are assigned theirs."""
    staged = month.stage()
    yield from month.gate(everybody_once(month.session, staged, month.snapshot))
    yield from month.publish(staged, show)


def everybody_once(session: Session, staged: str, snapshot: Snapshot) -> dg.AssetCheckResult:
    """As many rows as customers so far, and as many of them assigned, predicted and abstained as those tables say."""
    found = session.rows(
        f"""select
            (select count(*) from {staged}),
            (select count(*) from customer_lifecycles where month = :month),
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
        *("customers", "in customer_lifecycles", "assigned", "in cluster_assignments"),
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
        f"`crm refresh --months {snapshot.month:%Y-%m}`.",
        metadata=counts,
    )


def show(month: Month) -> Shown:
    return {
        "types": month.as_table(
            """select coalesce(segment_name, '–') as type, count(*) as customers,
                sum(case when source = 'assigned' then 1 else 0 end) as assigned,
                sum(case when source = 'predicted' then 1 else 0 end) as predicted,
                sum(case when source = 'abstained' then 1 else 0 end) as abstained,
                sum(case when source = 'carried' then 1 else 0 end) as carried
            from customer_types where month = :month group by segment_name order by customers desc, type""",
        ),
        "lifecycle and source": month.as_table(
            """select lifecycle, source, count(*) as customers from customer_types where month = :month
            group by lifecycle, source order by lifecycle, source""",
        ),
    }
