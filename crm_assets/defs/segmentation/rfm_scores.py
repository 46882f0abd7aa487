"""``rfm_scores``: recency, frequency, monetary, their scores and the band."""

import dagster as dg

from crm_assets import pictures
from crm_assets.calendar import require_days
from crm_assets.contracts import CONTRACTS
from crm_assets.defs.automation_conditions import on_new_months
from crm_assets.defs.partitions import WINDOW
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import table_of
from crm_assets.defs.table import publish, table_asset
from crm_assets.months import Snapshot
from crm_assets.rfm import Band, read_bands
from crm_assets.warehouse import Session, read_query

TABLE = "rfm_scores"


@table_asset(
    TABLE,
    group="segmentation",
    deps=[
        dg.AssetDep("receipts", partition_mapping=WINDOW),
        dg.AssetDep("raw_transactions", partition_mapping=WINDOW),
        "calendar",
    ],
    condition=on_new_months(),
)
def rfm_scores(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """Customers with a receipt in the window (12 months by default). Scores are quintiles of customers, ranked from
    worst to best: 1 + floor(5 · (min_rank − 1) / n). Equal values get equal scores."""
    snapshot, bands = settings.snapshot(context.partition_key), read_bands(settings.reference)
    with warehouse.session() as session:
        require_days(session, snapshot)
        session.reference(
            "rfm_bands",
            {"name": "varchar", "low": "bigint", "high": "bigint"},
            [(b.name, b.low, b.high) for b in bands],
        )
        net_returns = int(settings.returns == "netted")
        staged = session.stage(CONTRACTS[TABLE], read_query(TABLE), **snapshot.parameters, net_returns=net_returns)
        yield from publish(context, session, staged, lambda s: show(s, snapshot, bands))


def show(session: Session, snapshot: Snapshot, bands: list[Band]) -> dict[str, object]:
    month = snapshot.month
    counts = dict(
        session.rows("select rfm_band, count(*) from rfm_scores where month = :month group by rfm_band", month=month)
    )
    customers = float(sum(counts.values()))
    bars = pictures.bars([(b.name, float(counts.get(b.name, 0))) for b in bands], unit="customers", total=customers)
    return {
        "as_of": str(snapshot.as_of),
        "customers": int(customers),
        "bands": dg.MetadataValue.md(bars),
        "means by band": table_of(
            session,
            """select rfm_band, count(*) as customers,
                round(cast(sum(recency_days) as double) / count(*), 1) as recency_days,
                round(cast(sum(frequency) as double) / count(*), 1) as frequency,
                round(cast(sum(monetary) as double) / count(*), 0) as monetary
            from rfm_scores where month = :month group by rfm_band order by max(rfm_score) desc""",
            month=month,
        ),
        "recency scores": table_of(
            session,
            """select r_score as score, count(*) as customers, min(recency_days) as from_days,
                max(recency_days) as to_days
            from rfm_scores where month = :month group by r_score order by r_score desc""",
            month=month,
        ),
    }
