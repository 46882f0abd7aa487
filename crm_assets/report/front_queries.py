"""The queries of the front page: every number on it is the result of one of these, which the page prints.

Each is written out with the dates of its month and run as it is printed (``queries.Asked``); the names are those of
``ReportData.tables``. What the page says of the results is in ``front``.
"""

from __future__ import annotations

from crm_assets.segmentation.naming import RESERVED

_RESERVED = ", ".join(f"'{state}'" for state in RESERVED)
_TWO_MONTHS = """select now, before, now - before as difference,
    case when before > 0 then cast(now - before as double) / before end as change
from (
    select coalesce(sum(case when month = :month then {what} else 0 end), 0) as now,
        coalesce(sum(case when month = :month_before then {what} else 0 end), 0) as before
    from {table}
    where month >= :month_before and month <= :month{only}
) as counted"""


def _two_months(table: str, what: str = "1", only: str = "") -> str:
    """now, before, difference, change: a sum in the month and in the month before."""
    return _TWO_MONTHS.format(table=table, what=what, only=f" and {only}" if only else "")


_MOVED = """select coalesce(sum(case when after_.value > before_.value then m.customers else 0 end), 0) as up,
    coalesce(sum(case when after_.value < before_.value then m.customers else 0 end), 0) as down
from segment_migration m
join segment_profiles before_ on before_.month = m.month and before_.segment_id = m.from_state
    and before_.measure = 'monetary_mean' and before_.category = ''
join segment_profiles after_ on after_.month = m.month and after_.segment_id = m.to_state
    and after_.measure = 'monetary_mean' and after_.category = ''
where m.month = :month and m.scheme = 'type' and m.from_state <> m.to_state"""

_TYPE_SIZE = """select segment_id, now, before, now - before as difference
from (
    select segment_id, cast(sum(case when month = :month then value else 0 end) as bigint) as now,
        cast(sum(case when month = :month_before then value else 0 end) as bigint) as before,
        count(*) as months
    from segment_profiles
    where month >= :month_before and month <= :month and measure = 'customers' and category = '' and segment_id <> 'all'
    group by segment_id
) as sizes
where months = 2 and now <> before
order by abs(now - before) desc, segment_id limit 1"""

_TYPE_REVENUE = f"""select segment_id, now, before, now - before as difference,
    cast(now - before as double) / before as change
from (
    select to_state as segment_id, sum(case when month = :month then revenue_month else 0 end) as now,
        sum(case when month = :month_before then revenue_month else 0 end) as before
    from segment_migration
    where month >= :month_before and month <= :month and scheme = 'type' and to_state not in ({_RESERVED})
    group by to_state
) as spent
where before > 0 and now <> before
order by abs(now - before) desc, segment_id limit 1"""

_FLOW = f"""select from_state, to_state, customers from segment_migration
where month = :month and scheme = 'type' and from_state <> to_state
    and from_state not in ({_RESERVED}) and to_state not in ({_RESERVED})
order by customers desc, from_state, to_state limit 1"""

_BY_MODEL = "select coalesce(sum(customers), 0) as moved from move_reasons where month = :month and reason = 'model'"

_CONVERSION = """select customers, moved, moved_share from segment_retention
where month = :month and scheme = 'type' and from_state = 'new'"""

_LEAVING = """select
    coalesce(sum(case when from_state <> 'lapsed' and to_state = 'lapsed' then customers else 0 end), 0) as lapsed,
    coalesce(sum(case when from_state = 'lapsed' and to_state <> 'lapsed' then customers else 0 end), 0) as returned
from segment_migration where month = :month and scheme = 'type'"""

_CAMPAIGNS = """select c.campaign_id, c.strategy_id, s.title_ko, s.title_en, s.channel, c.kpi,
    c.treatment + c.control as audience, c.treatment, c.control, c.ends_on, c.path
from campaigns c join strategies s on s.month = c.month and s.strategy_id = c.strategy_id
where c.month = :month order by s.place, c.campaign_id"""

_REACHED = """select (select count(*) from campaigns where month = :month) as campaigns,
    count(distinct customer_id) as customers,
    coalesce(sum(case when arm = 'treatment' then 1 else 0 end), 0) as treatment,
    coalesce(sum(case when arm = 'control' then 1 else 0 end), 0) as control
from audiences where month = :month"""

_RESULTS = """select r.campaign_id, r.strategy_id, s.title_ko, s.title_en, r.kpi, r.metric, r.verdict, r.treatment,
    r.control, r.difference, r.difference_low, r.difference_high
from campaign_results r left join strategies s on s.month = r.month and s.strategy_id = r.strategy_id
where r.month = :month and r.segment_id = 'all'
    and r.metric = case when r.kpi = 'spend' then 'spend_cuped' else 'conversion' end
order by case r.verdict when 'broken' then 1 when 'worse' then 2 when 'better' then 3 when 'undecided' then 4
    else 5 end, r.campaign_id"""

_JUDGED = "select count(distinct campaign_id) as campaigns from campaign_results where month = :month"

_FAILED = """select name, psi, threshold, what from export_checks
where month = :month and not passed order by name"""

_NOT_SCORED = """select d.name, d.psi, d.change, n.customers
from scoring_drift d join (
    select month, count(*) as customers from customer_lifecycles
    where month = :month and lifecycle = 'new' group by month
) as n on n.month = d.month
where d.month = :month and d.moved order by d.psi desc, d.name"""

FRONT = {
    "front_customers": _two_months("rfm_scores"),
    "front_revenue": _two_months("receipts", "amount"),
    "front_new": _two_months("customer_lifecycles", only="lifecycle = 'new'"),
    "front_first": """select count(*) as firsts from customer_lifecycles
where month = :month and first_purchase_date >= :month""",
    "front_lapsed": _two_months("customer_lifecycles", only="lifecycle = 'lapsed'"),
    "front_rest": _two_months("attribute_sizes", "customers", "dimension = 'usage' and category = 'paused'"),
    "front_moved": _MOVED,
    "front_type_size": _TYPE_SIZE,
    "front_type_revenue": _TYPE_REVENUE,
    "front_flow": _FLOW,
    "front_by_model": _BY_MODEL,
    "front_conversion": _CONVERSION,
    "front_leaving": _LEAVING,
    "front_campaigns": _CAMPAIGNS,
    "front_reached": _REACHED,
    "front_results": _RESULTS,
    "front_judged": _JUDGED,
    "front_failed": _FAILED,
    "front_not_scored": _NOT_SCORED,
}
