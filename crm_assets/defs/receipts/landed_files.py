"""``landed_files``: the intake. Ledger and quarantine in the warehouse, sound rows in staging."""

from datetime import date

import dagster as dg

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.pending import MONTHS_TOUCHED, TABLES_TOUCHED
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import bars_of, table_of
from crm_assets.defs.table import CHECK, table_asset
from crm_assets.intake import Intake, take_in
from crm_assets.months import add_months, months_between
from crm_assets.warehouse import Session

LAST_FILE = "last file"


@table_asset("landed_files", group="receipts", kinds=frozenset({"duckdb", "parquet"}), checks=("rows_accounted",))
def landed_files(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """Reads each new file of `data/landing` once. Files are known by their content, so the same file twice is loaded
    once. Rows with a fault go to `quarantine` with the first reason that applies."""
    with warehouse.session() as session:
        reported = _last_reported(context)
        intake = take_in(session, settings.read_source(), settings.landing, settings.staging, context.log.info)
        found = session.violations(CONTRACTS["landed_files"], "landed_files")
        yield dg.AssetCheckResult(check_name=CHECK, passed=not found, metadata={"violations": len(found)})
        yield rows_accounted(session)
        intake.months |= _months_of(session, reported)
        yield dg.MaterializeResult(metadata=show(session, intake))
    if intake.refused:
        raise dg.Failure(
            "refused, the rest is loaded: " + " | ".join(intake.refused.values()),
            metadata={name: dg.MetadataValue.text(why) for name, why in sorted(intake.refused.items())},
            allow_retries=False,
        )


def _last_reported(context: dg.AssetExecutionContext) -> int:
    """The last file that an earlier intake recorded in Dagster; 0 when there was none."""
    event = context.instance.get_latest_materialization_event(context.asset_key)
    metadata = event.asset_materialization.metadata if event and event.asset_materialization else {}
    return int(metadata[LAST_FILE].value) if LAST_FILE in metadata else 0


def _months_of(session: Session, after: int) -> set[date]:
    """The months of files that an intake put into the ledger and was killed before it could say so."""
    found = session.rows(
        "select first_month, last_month from landed_files where landing_no > :after and first_month is not null",
        after=after,
    )
    return {add_months(first, n) for first, last in found for n in range(months_between(first, last) + 1)}


def rows_accounted(session: Session) -> dg.AssetCheckResult:
    """rows = loaded + duplicates + quarantined, and the quarantine holds as many rows as the ledger says."""
    open_files = session.rows(
        """select l.file_name, l.rows - l.loaded - l.duplicates - l.quarantined, l.quarantined - count(q.row_no)
        from landed_files l left join quarantine q on q.content_hash = l.content_hash
        group by l.content_hash, l.file_name, l.rows, l.loaded, l.duplicates, l.quarantined
        having l.rows <> l.loaded + l.duplicates + l.quarantined or l.quarantined <> count(q.row_no)"""
    )
    return dg.AssetCheckResult(
        check_name="rows_accounted",
        passed=not open_files,
        metadata={"files with a gap": len(open_files), "which": ", ".join(name for name, *_ in open_files) or "none"},
    )


def show(session: Session, intake: Intake) -> dict[str, object]:
    rows, loaded = session.rows("select coalesce(sum(rows), 0), coalesce(sum(loaded), 0) from landed_files")[0]
    return {
        "dagster/row_count": int(session.scalar("select count(*) from landed_files")),
        "rows": int(rows),
        "loaded rows": int(loaded),
        "new files": len(intake.loaded),
        "refused files": len(intake.refused),
        LAST_FILE: int(session.scalar("select coalesce(max(landing_no), 0) from landed_files")),
        MONTHS_TOUCHED: dg.MetadataValue.json(sorted(month.isoformat() for month in intake.months)),
        TABLES_TOUCHED: dg.MetadataValue.json(sorted(intake.tables)),
        "latest files": table_of(
            session,
            # Short: the UI folds up markdown of a thousand characters.
            """select file_name, rows, loaded, duplicates, quarantined
            from landed_files order by landing_no desc limit 10""",
        ),
        "quarantine": bars_of(
            session,
            "select reason, count(*) as rows from quarantine group by reason order by rows desc, reason",
            "rows",
        ),
    }
