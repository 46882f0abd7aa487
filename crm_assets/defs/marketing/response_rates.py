"""``response_rates``: how customers answer messages, and by which way."""

import dagster as dg

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.automation_conditions import on_new_months
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import table_of
from crm_assets.defs.table import publish, table_asset
from crm_assets.months import Snapshot
from crm_assets.warehouse import Session, read_query

TABLE = "response_rates"
LEAST_MESSAGES = 3  # fewer tell nothing of a rate


@table_asset(TABLE, group="marketing", deps=["marketing_responses", "receipts"], condition=on_new_months())
def response_rates(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """One row per customer who was sent something until the end of the month; none where the source has no responses.
    A response is a message that was opened, clicked or converted."""
    snapshot = settings.snapshot(context.partition_key)
    with warehouse.session() as session:
        staged = session.stage(
            CONTRACTS[TABLE], read_query(TABLE), **snapshot.parameters, least_messages=LEAST_MESSAGES
        )
        yield from publish(context, session, staged, lambda s: show(s, snapshot))


def show(session: Session, snapshot: Snapshot) -> dict[str, object]:
    return {
        "as_of": str(snapshot.as_of),
        "preferred channels": table_of(
            session,
            """select coalesce(preferred_channel, '(none)') as channel, count(*) as customers,
                round(cast(sum(responded) as double) / sum(sent), 3) as response_rate
            from response_rates where month = :month group by channel order by customers desc, channel""",
            month=snapshot.month,
        ),
    }
