"""``leads``: enquiries of possible customers."""

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.making import Rows, Shown, Whole
from crm_assets.defs.shown import counted
from crm_assets.defs.table import table_asset
from crm_assets.receipts.attributes import lead_attributes_query
from crm_assets.receipts.staging import stage_dimension
from crm_assets.warehouse import read_query


@table_asset(deps=["landed_files"], dimension=True, also=["lead_attributes"])
def leads(table: Whole):
    """An optional source, as delivered last: a lead's newest delivery wins as a whole. What a mapping names as
    attributes of the leads goes to lead_attributes in the same step. A shop without leads has no row here."""
    stage_dimension(table.session, table.settings.staging, table.name)
    table.execute(f"create or replace temp table newest_leads as {read_query('newest_leads')}")
    contract = CONTRACTS["lead_attributes"]
    attributes = Rows(contract, table.session.stage(contract, lead_attributes_query()), "true", {})
    yield from table.publish(table.stage(), show, also=[attributes])


def show(table: Whole) -> Shown:
    companies, owners = table.rows("select count(distinct company_id), count(distinct owner_id) from leads")[0]
    return {
        "companies": int(companies),
        "owners": int(owners),
        "by outcome": counted(table.session, table.name, "converted", "leads"),
    }
