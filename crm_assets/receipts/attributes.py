"""The attributes of a month's lines as rows, under the numbers that the lines have; and those of leads.

DuckDB's dialect: it takes apart the JSON text of staged lines, nothing else.
"""

from __future__ import annotations

from crm_assets.warehouse import Session, read_query

_OF_LEADS = """
    select lead_id, name, json_extract_string(attributes, '$."' || name || '"') as value
    from (
        select lead_id, attributes, unnest(json_keys(attributes)) as name
        from newest_leads where attributes is not null
    ) named
    where json_extract_string(attributes, '$."' || name || '"') is not null"""
_NONE = """
    select :month as month, customer_id, receipt_id, record_type, cast(null as bigint) as line_no,
        cast(null as varchar) as name, cast(null as varchar) as value
    from delivered_lines where false"""
# Names are words without quotes (``sources``), so that they can stand in a path. The lines are numbered among all of
# their receipt, so those without attributes are left out after it.
EVERY_ATTRIBUTE = """
    select month, customer_id, receipt_id, record_type, line_no, name, value
    from (
        select *, json_extract_string(attributes, '$."' || name || '"') as value
        from (
            select *, unnest(json_keys(attributes)) as name from ({lines}) numbered where attributes is not null
        ) named
    ) told
    where value is not null"""


def lead_attributes_query() -> str:
    """The rows of ``lead_attributes`` of the view ``newest_leads``."""
    return _OF_LEADS


def attributes_query(session: Session) -> str:
    """The rows of ``event_attributes`` of the view ``delivered_lines``, with the parameter ``month``; where no line has
    attributes, the lines are not numbered a second time."""
    told = session.rows("select 1 from delivered_lines where attributes is not null limit 1")
    return EVERY_ATTRIBUTE.format(lines=read_query("raw_transactions")) if told else _NONE
