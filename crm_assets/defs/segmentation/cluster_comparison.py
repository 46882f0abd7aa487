"""``cluster_comparison``: the types beside what other algorithms and the other scaling find."""

from datetime import date

import dagster as dg
import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.automation_conditions import on_new_months
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import table_of
from crm_assets.defs.table import of_snapshot, publish, table_asset
from crm_assets.months import Snapshot
from crm_assets.segmentation.comparison import SAMPLE, compare, fingerprint
from crm_assets.segmentation.k_choice import sample
from crm_assets.warehouse import Session

TABLE = "cluster_comparison"
_STORED = "select * from cluster_comparison where month = :month"
_CUSTOMERS = """select s.customer_id, s.recency_days, s.frequency, s.monetary
    from (
        select customer_id, row_number() over (order by customer_id) - 1 as place
        from cluster_assignments where month = :month
    ) c
    join rfm_scores s on s.customer_id = c.customer_id and s.month = :month
    where c.place in ({places}) order by s.customer_id"""


@table_asset(
    TABLE,
    group="segmentation",
    kinds=frozenset({"duckdb", "scikitlearn"}),
    deps=["cluster_assignments", "rfm_scores"],
    condition=on_new_months(),
)
def cluster_comparison(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """K-means, MiniBatch K-means, Gaussian mixture, hierarchical (Ward), K-medoids (PAM), DBSCAN and HDBSCAN on the
    same scaled, seeded sample, and K-means under the other scaling. A month that reuses a model has no rows; a month
    made again from the same input keeps its rows, seconds included."""
    snapshot = settings.snapshot(context.partition_key)
    with warehouse.session() as session:
        yield from publish(context, session, staged(session, snapshot, settings), lambda s: show(s, snapshot))


def staged(session: Session, snapshot: Snapshot, settings: SettingsResource) -> str:
    """The month's rows: none without a fit, those that are there when they were made from the same, else measured."""
    month, contract = snapshot.month, CONTRACTS[TABLE]
    fitted = session.rows(
        "select k, scaling from cluster_models where month = :month and fitted_as_of = as_of", month=month
    )
    if not fitted:
        return session.stage(contract, f"{_STORED} and 1 = 0", month=month)
    customers = _drawn(session, month, settings.seed)
    k, scaling = fitted[0]
    given = (scaling, k, settings.min_cluster_share, settings.seed)
    mark = fingerprint(customers, *given)
    if session.rows(f"select distinct fingerprint from ({_STORED}) as stored", month=month) == [(mark,)]:
        return session.stage(contract, _STORED, month=month)
    return session.stage_frame(contract, of_snapshot(compare(customers, *given), snapshot).assign(fingerprint=mark))


def _drawn(session: Session, month: date, seed: int) -> pd.DataFrame:
    """The sampled customers only: to read a million for three thousand takes longer than to compare them."""
    size = session.scalar("select count(*) from cluster_assignments where month = :month", month=month)
    places = ", ".join(str(place) for place in sample(size, SAMPLE, seed))
    return session.frame(_CUSTOMERS.format(places=places), month=month)


def show(session: Session, snapshot: Snapshot) -> dict[str, object]:
    rows = session.scalar("select count(*) from cluster_comparison where month = :month", month=snapshot.month)
    if not rows:
        last = session.scalar("select max(month) from cluster_comparison where month < :month", month=snapshot.month)
        seen = f"; the model in use was compared in {last:%Y-%m}" if last else ""
        return {"as_of": str(snapshot.as_of), "compared": f"nothing: this month fitted no model{seen}"}
    return {
        "as_of": str(snapshot.as_of),
        "compared": table_of(
            session,
            """select algorithm, scaling, in_use, k, clusters, round(silhouette, 3) as silhouette, sizes,
                round(100 * noise_share, 1) as noise_pct, round(seconds, 3) as seconds, customers, parameters
            from cluster_comparison where month = :month order by in_use desc, algorithm, scaling""",
            month=snapshot.month,
        ),
    }
