"""``segment_claims``: what sets a type apart, with the evidence."""

import dagster as dg
import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.automation_conditions import on_new_months
from crm_assets.defs.partitions import WINDOW
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import table_of
from crm_assets.defs.table import of_snapshot, publish, table_asset
from crm_assets.months import Snapshot
from crm_assets.receipts.calendar import require_days
from crm_assets.segmentation.claims import segment_claims as claims_of
from crm_assets.segmentation.customer_traits import measures_of
from crm_assets.warehouse import Session, read_query

TABLE = "segment_claims"
CATEGORIES = 10  # the largest major categories; customer_traits.sql has a column for each
_PLACES = """create or replace temp table category_places as
    select category_major, row_number() over (order by sum(amount) desc, category_major) as place
    from customer_spend group by category_major"""


@table_asset(
    TABLE,
    group="segmentation",
    kinds=frozenset({"duckdb", "scipy"}),
    deps=[
        "cluster_assignments",
        "rfm_scores",
        dg.AssetDep("receipts", partition_mapping=WINDOW),
        dg.AssetDep("raw_transactions", partition_mapping=WINDOW),
        "calendar",
        "customers",
        "products",
    ],
    condition=on_new_months(),
)
def segment_claims(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """The unit of every test is the customer, never the receipt. Numbers by Mann-Whitney and Cliff's delta, shares and
    yes or no by z and Cohen's h, all of a month corrected together."""
    snapshot = settings.snapshot(context.partition_key)
    with warehouse.session() as session:
        require_days(session, snapshot)
        customers, categories = read_traits(session, snapshot)
        claims, left_out = claims_of(measures_of(customers, categories), customers["segment_id"])
        names = customers.drop_duplicates("segment_id").set_index("segment_id")["segment_name"]
        claims.insert(1, "segment_name", claims["segment_id"].map(names).astype("str"))
        staged = session.stage_frame(CONTRACTS[TABLE], of_snapshot(claims, snapshot))
        yield from publish(context, session, staged, lambda s: show(s, snapshot, left_out))


def read_traits(session: Session, snapshot: Snapshot) -> tuple[pd.DataFrame, list[str]]:
    """The clustered customers with their traits, and the names of the largest categories in order."""
    session.execute(
        f"create or replace temp table customer_spend as {read_query('customer_spend')}", **snapshot.parameters
    )
    session.execute(_PLACES)
    categories = session.rows(
        "select category_major from category_places where place <= :n order by place", n=CATEGORIES
    )
    return session.frame(read_query("customer_traits"), **snapshot.parameters), [name for (name,) in categories]


def show(session: Session, snapshot: Snapshot, left_out: list[str]) -> dict[str, object]:
    return {
        "as_of": str(snapshot.as_of),
        "tests": session.scalar("select count(p) from segment_claims where month = :month", month=snapshot.month),
        "allowed": session.scalar(
            "select count(*) from segment_claims where month = :month and allowed", month=snapshot.month
        ),
        "left out": ", ".join(left_out) or "nothing",
        "strongest": table_of(
            session,
            """select segment_name as type, measure, category, direction, round(effect, 2) as effect, effect_size,
                round(p_adjusted, 4) as p_adjusted, defines_type
            from segment_claims where month = :month and allowed and rank <= 6 order by segment_id, rank""",
            month=snapshot.month,
        ),
    }
