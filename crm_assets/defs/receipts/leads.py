"""``leads``: enquiries of possible customers."""

import dagster as dg

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.making import Rows, Shown, Whole
from crm_assets.defs.shown import counted
from crm_assets.defs.table import table_asset
from crm_assets.receipts.attributes import lead_attributes_query
from crm_assets.receipts.staging import stage_dimension
from crm_assets.warehouse import read_query

ONCE, OUTCOMES = "ids_once", "outcomes_known"


@table_asset(deps=["landed_files"], dimension=True, also=["lead_attributes"], checks=[ONCE, OUTCOMES])
def leads(table: Whole):
    """An optional source, as delivered last: a lead's newest delivery wins as a whole. What a mapping names as
    attributes of the leads goes to lead_attributes in the same step. A shop without leads has no row here. Two checks
    warn of what looks like a wrong mapping: several leads of one id in a delivery, no outcome at all."""
    stage_dimension(table.session, table.settings.staging, table.name)
    table.execute(f"create or replace temp table newest_leads as {read_query('newest_leads')}")
    yield from table.gate(ids_once(table))
    yield from table.gate(outcomes_known(table))
    contract = CONTRACTS["lead_attributes"]
    attributes = Rows(contract, table.session.stage(contract, lead_attributes_query(table.session)), "true", {})
    yield from table.publish(table.stage(), show, also=[attributes])


def ids_once(table: Whole) -> dg.AssetCheckResult:
    """Of rows of one delivery with the same id one is kept: the id may be that of the company."""
    ids, lost = table.rows(
        """select count(*), coalesce(sum(times - 1), 0) from (
            select lead_id, count(*) as times from delivered_leads group by lead_id, delivered having count(*) > 1
        ) as repeated"""
    )[0]
    why = (
        f"{int(ids):,} ids stand on several differing rows of one delivery; {int(lost):,} rows are not kept. Is "
        "lead_id mapped to a column that tells every lead from the others?"
    )
    return dg.AssetCheckResult(
        check_name=ONCE,
        passed=not ids,
        severity=dg.AssetCheckSeverity.WARN,
        description=why if ids else None,
        metadata={"ids on several rows": int(ids), "rows not kept": int(lost)},
    )


def outcomes_known(table: Whole) -> dg.AssetCheckResult:
    """A map that names no value of the file leaves every outcome open."""
    leads_, known = table.rows("select count(*), count(converted) from newest_leads")[0]
    why = (
        f"none of {int(leads_):,} leads has an outcome, so no model can learn. Does the map of converted name the "
        "values of the file, letter by letter?"
    )
    return dg.AssetCheckResult(
        check_name=OUTCOMES,
        passed=bool(known or not leads_),
        severity=dg.AssetCheckSeverity.WARN,
        description=None if known or not leads_ else why,
        metadata={"leads": int(leads_), "with an outcome": int(known)},
    )


def show(table: Whole) -> Shown:
    companies, owners = table.rows("select count(distinct company_id), count(distinct owner_id) from leads")[0]
    return {
        "companies": int(companies),
        "owners": int(owners),
        "by outcome": counted(table.session, table.name, "converted", "leads"),
    }
