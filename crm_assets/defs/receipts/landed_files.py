"""``landed_files``: the intake. Ledger and quarantine in the warehouse, sound rows in staging."""

from datetime import date

import dagster as dg

from crm_assets.defs.making import CHECK, Refused, Shown, Whole, run_mark
from crm_assets.defs.partitions import MONTHS
from crm_assets.defs.pending import FIRST, LAST_MONTH, LEADS_TOUCHED, MONTHS_TOUCHED, TABLES_TOUCHED
from crm_assets.defs.shown import table_of
from crm_assets.defs.table import table_asset
from crm_assets.receipts.intake import Intake, take_in
from crm_assets.receipts.news import first_month_of_leads, told, touched
from crm_assets.receipts.withdrawn_months import drop_withdrawn_months, last_month
from crm_assets.settings import Settings
from crm_assets.warehouse import Session

LAST_FILE, LAST_RUN = "last file", "last run"  # of the ledger, when the intake ended
ACCOUNTED, IN_PLACE = "rows_accounted", "files_in_place"
POLICY_OF = {
    "negative_amount": "negative_amounts",
    "zero_amount": "zero_amounts",
    "future_date": "future_dates",
}  # reason in the quarantine → the setting that decides


@table_asset(
    kinds={"duckdb", "parquet"},
    checks=(ACCOUNTED, IN_PLACE),
    also=["landed_months", "quarantine", "refused_files", "released_rows"],
)
def landed_files(table: Whole):
    """Reads each new content of `data/landing` once. The same content twice is loaded once; other content under a known
    name takes the place of what was there. Rows with a fault go to `quarantine` with the first reason that applies;
    `landed_months` tells what each delivery changed."""
    context, session, settings = table.context, table.session, table.settings
    reported = _last_reported(table)
    intake = take_in(session, settings.read_source(), settings, run_mark(context), context.log.info)
    newest = max(MONTHS.get_partition_keys(), default=date.min.isoformat())
    for line in told(session, intake, reported, date.fromisoformat(newest)):
        context.log.warning(line)
    found = session.violations(table.contract, table.name)
    yield dg.AssetCheckResult(check_name=CHECK, passed=not found, metadata={"violations": len(found)})
    yield rows_accounted(session, settings)
    yield dg.AssetCheckResult(
        check_name=IN_PLACE,
        passed=not intake.removed and not intake.outdated,
        severity=dg.AssetCheckSeverity.WARN,
        description="Files that lay in the landing folder at the look before and are gone: their rows stay. Files "
        "whose mapping or policy changed, but which are not there to be read anew: their rows stay as they were.",
        metadata={"gone": ", ".join(intake.removed) or "none", "outdated": ", ".join(intake.outdated) or "none"},
    )
    yield dg.MaterializeResult(metadata=show(table, intake, reported))
    # After the event that says so: a month whose tables are gone without it would be taken for made.
    drop_withdrawn_months(session, settings.reports)
    if intake.refused:
        raise Refused(
            "refused, the rest is loaded:" + "".join(f"\n      {why}" for why in intake.refused.values()),
            {name: dg.MetadataValue.text(why) for name, why in sorted(intake.refused.items())},
        )


def _last_reported(table: Whole) -> int:
    """The last delivery that an earlier intake recorded in Dagster; 0 when there was none in this warehouse. What came
    after it and was not recorded, because the intake was killed, is reported by this one."""
    event = table.context.instance.get_latest_materialization_event(table.context.asset_key)
    metadata = event.asset_materialization.metadata if event and event.asset_materialization else {}
    if LAST_RUN not in metadata:
        return 0
    number, run_id = int(metadata[LAST_FILE].value), metadata[LAST_RUN].value
    known = table.rows("select 1 from landed_files where landing_no = :no and run_id = :run", no=number, run=run_id)
    return number if known else 0


def rows_accounted(session: Session, settings: Settings) -> dg.AssetCheckResult:
    """rows = loaded + duplicates + quarantined, and the quarantine holds as many rows as the ledger says."""
    open_files = session.rows(
        """with ledger as (
            select reading_hash, min(file_name) as file_name, sum(quarantined) as quarantined,
                sum(abs(rows - loaded - duplicates - quarantined)) as gap
            from landed_files where status = 'loaded' group by reading_hash
        ),
        aside as (select reading_hash, count(*) as rows from quarantine group by reading_hash)
        select l.file_name from ledger l left join aside a on a.reading_hash = l.reading_hash
        where l.gap <> 0 or l.quarantined <> coalesce(a.rows, 0) order by 1"""
    )
    policies = " ".join(
        f"when '{reason}' then '{name} = {getattr(settings, name)}'" for reason, name in POLICY_OF.items()
    )
    return dg.AssetCheckResult(
        check_name=ACCOUNTED,
        passed=not open_files,
        metadata={
            "files with a gap": len(open_files),
            "which": ", ".join(name for (name,) in open_files) or "none",
            "quarantined rows by file": table_of(
                session,
                f"""select l.file_name as file, q.reason, count(*) as rows,
                    coalesce(case q.reason {policies} end, 'always') as policy
                from quarantine q join landed_files l on l.reading_hash = q.reading_hash
                where l.status = 'loaded' and l.quarantined > 0
                group by l.file_name, q.reason order by 3 desc, 1, 2 limit 20""",
            ),
        },
    )


def show(table: Whole, intake: Intake, reported: int) -> Shown:
    rows, loaded, quarantined, superseded = table.rows(
        """select coalesce(sum(case when status = 'loaded' then rows end), 0),
            coalesce(sum(case when status = 'loaded' then loaded end), 0),
            coalesce(sum(case when status = 'loaded' then quarantined end), 0),
            coalesce(sum(case when status = 'superseded' then 1 end), 0) from landed_files"""
    )[0]
    last, run_id = table.rows(
        "select coalesce(max(landing_no), 0), coalesce(arg_max(run_id, landing_no), '') from landed_files"
    )[0]
    months, tables = touched(table.session, reported)
    return {
        "dagster/row_count": int(table.scalar("select count(*) from landed_files")),
        "rows": int(rows),
        "loaded rows": int(loaded),
        "quarantined rows": int(quarantined),
        "new files": len(intake.loaded),
        "refused files": len(intake.refused),
        "superseded files": int(superseded),
        LAST_FILE: int(last),
        LAST_RUN: run_id,
        LAST_MONTH: str(last_month(table.session) or ""),
        LEADS_TOUCHED: str(first_month_of_leads(table.session, reported) or ""),
        FIRST: reported == 0,
        MONTHS_TOUCHED: dg.MetadataValue.json([month.isoformat() for month in months]),
        TABLES_TOUCHED: dg.MetadataValue.json(tables),
        "latest files": table.as_table(
            # Short: the UI folds up markdown of a thousand characters.
            """select file_name, encoding, rows, loaded, duplicates, quarantined
            from landed_files order by landing_no desc limit 8""",
        ),
        "what changed": table.as_table(
            """select purchase_month as month, sum(added) as added, sum(withdrawn) as withdrawn, bool_or(late) as late
            from landed_months where landing_no > :after and (added > 0 or withdrawn > 0)
            group by purchase_month order by purchase_month limit 15""",
            after=reported,
        ),
        "quarantine": table.as_bars(
            """select q.reason, count(*) as rows from quarantine q
            join landed_files l on l.reading_hash = q.reading_hash
            where l.status = 'loaded' and l.quarantined > 0
            group by q.reason order by rows desc, q.reason""",
            "rows",
        ),
    }
