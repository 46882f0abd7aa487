"""Contract of ``lead_attributes``."""

from crm_assets.contracts.base import Table, column


class LeadAttributes(Table, key=["lead_id", "name"]):
    """What a mapping tells of a lead besides its columns: one row per lead and attribute that has a value."""

    lead_id: str = column("VARCHAR", "the source's id of the lead", str_length={"min_value": 1})
    name: str = column("VARCHAR", "the attribute, as the mapping names it", str_length={"min_value": 1})
    value: str = column("VARCHAR", "its value, as the file writes it or the mapping names it")
