"""The attributes of a month's lines as rows, under the numbers that the lines have; and those of leads."""

from __future__ import annotations

from crm_assets.warehouse import Session, read_query

_NONE = """
    select :month as month, customer_id, receipt_id, record_type, cast(null as bigint) as line_no,
        cast(null as varchar) as name, cast(null as varchar) as value
    from delivered_lines where false"""


def lead_attributes_query(session: Session) -> str:
    """The rows of ``lead_attributes`` of the view ``newest_leads``."""
    named = session.json_rows("select lead_id, attributes from newest_leads", "attributes")
    return f"select lead_id, name, value from ({named}) as told"


def attributes_query(session: Session) -> str:
    """The rows of ``event_attributes`` of the view ``delivered_lines``, with the parameter ``month``; where no line has
    attributes, the lines are not numbered a second time."""
    told = session.rows("select 1 from delivered_lines where attributes is not null limit 1")
    if not told:
        return _NONE
    # The lines are numbered among all of their receipt, so those without attributes are left out after it.
    named = session.json_rows(read_query("raw_transactions"), "attributes")
    return f"select month, customer_id, receipt_id, record_type, line_no, name, value from ({named}) as told"
