"""``marketing_responses``: what was sent to customers, and their answers."""

from crm_assets.defs.making import Shown, Whole
from crm_assets.defs.shown import counted
from crm_assets.defs.table import table_asset


@table_asset(deps=["landed_files"], dimension=True)
def marketing_responses(table: Whole):
    """An optional source, as delivered last. A shop without it has no row here, and no response rates."""
    yield from table.publish(table.stage_delivered(), show)


def show(table: Whole) -> Shown:
    return {
        "by channel": counted(table.session, table.name, "message_channel", "messages"),
        "by campaign": counted(table.session, table.name, "campaign_id", "messages"),
    }
