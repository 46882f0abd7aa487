"""``rfm_groups``: how large the groups of the RFM schemes are, what they spend, and whether they differ."""

import dagster as dg

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.automation_conditions import on_new_months
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import table_of
from crm_assets.defs.table import Rows, month_rows, publish, table_asset
from crm_assets.months import Snapshot
from crm_assets.segmentation.group_tests import INDEPENDENT, PROTOCOL, GroupTests, group_tests
from crm_assets.segmentation.rfm import SCHEMES, Scheme, read_schemes
from crm_assets.segmentation.rfm_lint import surprises
from crm_assets.warehouse import Session, read_query

TABLE = "rfm_groups"


@table_asset(
    TABLE, group="segmentation", kinds=frozenset({"duckdb", "scipy"}), deps=["rfm_scores"], condition=on_new_months()
)
def rfm_groups(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """Ten bands, eleven standard bands, eight grades with estimated members, four types of score patterns. Written with
    it to `model_metrics`: Kruskal-Wallis over the groups of each scheme, with its effect size. Recency, frequency and
    monetary define the groups and differ by construction; visit days and the mean receipt follow from them in part."""
    snapshot, schemes = settings.snapshot(context.partition_key), read_schemes(settings.reference)
    with warehouse.session() as session:
        refer(session, schemes)
        staged = session.stage(
            CONTRACTS[TABLE], read_query(TABLE), **snapshot.parameters, sample_weight=settings.sample_weight
        )
        customers = session.frame(
            f"select recency_days, frequency, monetary, visit_days, {', '.join(SCHEMES)} "
            "from rfm_scores where month = :month",
            month=snapshot.month,
        )
        tests = group_tests(customers, SCHEMES)
        also = [_metrics(session, snapshot, tests)]
        yield from publish(context, session, staged, lambda s: show(s, snapshot, tests), also=also)


def refer(session: Session, schemes: dict[str, Scheme]) -> None:
    """The reference tables of the query."""
    session.reference(
        "rfm_scheme_groups",
        {"scheme": "varchar", "group_name": "varchar", "position": "bigint", "promises": "bigint"},
        [
            (scheme.name, group.name, place, int(bool(group.promise)))
            for scheme in schemes.values()
            for place, group in enumerate(scheme.groups, 1)
        ],
    )
    broken = [(scheme.name, s.cell) for scheme in schemes.values() for s in surprises(scheme)]
    session.reference("rfm_surprises", {"scheme": "varchar", "cell": "bigint"}, broken)


def _metrics(session: Session, snapshot: Snapshot, tests: GroupTests) -> Rows:
    return month_rows(session, "model_metrics", snapshot, tests.metrics, f"protocol = '{PROTOCOL}'")


def show(session: Session, snapshot: Snapshot, tests: GroupTests) -> dict[str, object]:
    month = snapshot.month
    shown: dict[str, object] = {"as_of": str(snapshot.as_of)}
    for scheme in SCHEMES:
        shown[scheme] = table_of(
            session,
            """select group_name, customers, estimated_members as members, round(100 * customer_share, 1) as pct,
                round(100 * revenue_share, 1) as revenue_pct, round(recency_days_mean, 1) as recency,
                round(frequency_mean, 1) as frequency, round(monetary_mean, 0) as monetary
            from rfm_groups where month = :month and scheme = :scheme order by position""",
            month=month,
            scheme=scheme,
        )
    effects = tests.metrics[tests.metrics["metric"] == "epsilon_squared"]
    for row in effects[effects["slice"].isin(INDEPENDENT)].itertuples():
        shown[f"epsilon squared, {row.model}, {row.slice}"] = round(float(row.value), 3)
    return shown | {
        "Kruskal-Wallis": table_of(
            session,
            """select model as scheme, slice as measure,
                max(case when metric = 'h' then round(value, 1) end) as h,
                max(case when metric = 'p_adjusted' then value end) as p_adjusted,
                max(case when metric = 'epsilon_squared' then round(value, 3) end) as epsilon_squared,
                max(base) as n
            from model_metrics where month = :month and protocol = :protocol
            group by model, slice order by model, slice""",
            month=month,
            protocol=PROTOCOL,
        ),
        "left out": "; ".join(tests.left_out) or "nothing",
    }
