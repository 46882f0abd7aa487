"""``marketing_responses``: what was sent to customers, and their answers."""

import dagster as dg

from crm_assets.defs.making import Shown, Whole
from crm_assets.defs.shown import counted
from crm_assets.defs.table import table_asset

KNOWN = "values_known"
_UNKNOWN = """select concat(name, ': ', value) as strange, count(*) as n from (
        select 'message_channel' as name, message_channel as value from delivered_marketing_responses
        where message_channel not in ('email', 'kakao', 'push', 'sms')
        union all
        select 'opened', opened from delivered_marketing_responses where opened not in ('yes', 'no')
        union all
        select 'clicked', clicked from delivered_marketing_responses where clicked not in ('yes', 'no')
        union all
        select 'converted', converted from delivered_marketing_responses where converted not in ('yes', 'no')
        union all
        select 'consent', consent from delivered_marketing_responses where consent not in ('yes', 'no')
    ) as found group by name, value order by n desc, strange limit 10"""


@table_asset(deps=["landed_files"], dimension=True, checks=[KNOWN])
def marketing_responses(table: Whole):
    """An optional source, as delivered last. A shop without it has no row here, and no response rates. A value that
    nobody knows is told by the check, and costs no row: a refusal beside it counts."""
    staged = table.stage_delivered()
    yield from table.gate(_values_known(table))
    yield from table.publish(staged, show)


def _values_known(table: Whole) -> dg.AssetCheckResult:
    strange = table.rows(_UNKNOWN)
    why = "Values that nobody knows: map them (a way is `other` now, an answer empty, a consent `no`)."
    return dg.AssetCheckResult(
        check_name=KNOWN,
        passed=not strange,
        severity=dg.AssetCheckSeverity.WARN,
        description=why if strange else None,
        metadata={"values": ", ".join(f"{value} ({n})" for value, n in strange) or "none"},
    )


def show(table: Whole) -> Shown:
    return {
        "by channel": counted(table.session, table.name, "message_channel", "messages"),
        "by campaign": counted(table.session, table.name, "campaign_id", "messages"),
    }
