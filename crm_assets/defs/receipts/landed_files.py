"""``landed_files``: the intake. Ledger and quarantine in the warehouse, sound rows in staging."""

from datetime import date

import dagster as dg

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.partitions import MONTHS
from crm_assets.defs.pending import LAST_MONTH, MONTHS_TOUCHED, TABLES_TOUCHED
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import bars_of, table_of
from crm_assets.defs.table import CHECK, run_mark, table_asset
from crm_assets.receipts.intake import Intake, take_in
from crm_assets.receipts.withdrawn_months import drop_withdrawn_months, last_month, withdrawn_months
from crm_assets.settings import Settings
from crm_assets.warehouse import Session

LAST_FILE, LAST_RUN = "last file", "last run"  # of the ledger, when the intake ended
MOST_LINES = 20  # of a kind, told in a run
ACCOUNTED, IN_PLACE = "rows_accounted", "files_in_place"
POLICY_OF = {
    "negative_amount": "negative_amounts",
    "zero_amount": "zero_amounts",
    "future_date": "future_dates",
}  # reason in the quarantine → the setting that decides


@table_asset("landed_files", group="receipts", kinds=frozenset({"duckdb", "parquet"}), checks=(ACCOUNTED, IN_PLACE))
def landed_files(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """Reads each new content of `data/landing` once. The same content twice is loaded once; other content under a known
    name takes the place of what was there. Rows with a fault go to `quarantine` with the first reason that applies;
    `landed_months` tells what each delivery changed."""
    with warehouse.session() as session:
        reported = _last_reported(context, session)
        intake = take_in(session, settings.read_source(), settings, run_mark(context), context.log.info)
        for line in told(session, intake, reported):
            context.log.warning(line)
        found = session.violations(CONTRACTS["landed_files"], "landed_files")
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
        yield dg.MaterializeResult(metadata=show(session, intake, reported))
        # After the event that says so: a month whose tables are gone without it would be taken for made.
        drop_withdrawn_months(session, settings.reports)
    if intake.refused:
        raise dg.Failure(
            "refused, the rest is loaded:" + "".join(f"\n      {why}" for why in intake.refused.values()),
            metadata={name: dg.MetadataValue.text(why) for name, why in sorted(intake.refused.items())},
            allow_retries=False,
        )


def _last_reported(context: dg.AssetExecutionContext, session: Session) -> int:
    """The last delivery that an earlier intake recorded in Dagster; 0 when there was none in this warehouse. What came
    after it and was not recorded, because the intake was killed, is reported by this one."""
    event = context.instance.get_latest_materialization_event(context.asset_key)
    metadata = event.asset_materialization.metadata if event and event.asset_materialization else {}
    if LAST_RUN not in metadata:
        return 0
    number, run_id = int(metadata[LAST_FILE].value), metadata[LAST_RUN].value
    known = session.rows("select 1 from landed_files where landing_no = :no and run_id = :run", no=number, run=run_id)
    return number if known else 0


def told(session: Session, intake: Intake, after: int) -> list[str]:
    """What a user should notice of an intake: rows put aside, corrections, late receipts, months that wait or are no
    more, what is gone or passed over."""
    put_aside = [
        f"{name}: {aside:,} of {rows:,} rows in quarantine; `crm quarantine list` tells why"
        for name, rows, aside in session.rows(
            """select file_name, rows, quarantined from landed_files
            where landing_no > :after and status = 'loaded' and quarantined > 0 order by landing_no""",
            after=after,
        )
    ]
    changed = [
        f"{name}: {change} in {month:%Y-%m}, {added:,} lines added, {withdrawn:,} withdrawn"
        for name, month, added, withdrawn, change in session.rows(
            """select l.file_name, m.purchase_month, m.added, m.withdrawn, case when l.delivered_no < l.landing_no
                then 'read anew' when m.withdrawn > 0 then 'a correction' else 'late receipts' end
            from landed_months m join landed_files l on l.landing_no = m.landing_no
            where m.landing_no > :after and (m.withdrawn > 0 or (m.late and m.added > 0))
            order by m.landing_no, m.purchase_month""",
            after=after,
        )
    ]
    newest = max(MONTHS.get_partition_keys(), default=date.min.isoformat())
    waiting = [
        f"{lines:,} lines of {month:%Y-%m} are loaded and wait: a month is made when it is over"
        for month, lines in session.rows(
            """select m.purchase_month, sum(m.loaded) from landed_months m
            join landed_files l on l.landing_no = m.landing_no
            where l.status = 'loaded' and m.purchase_month > cast(:newest as date)
            group by 1 having sum(m.loaded) > 0 order by 1""",
            newest=newest,
        )
    ]
    named = {
        "no longer in the landing folder, their rows stay": intake.removed,
        "read by an older mapping or policy, and no longer there to be read anew": intake.outdated,
        "folders are not read, move their files into the landing folder itself": intake.folders,
        "no receipts reach these months any more, their tables and reports are removed": [
            f"{month:%Y-%m}" for month in withdrawn_months(session)
        ],
    }
    lists = [f"{what}: {', '.join(names)}" for what, names in named.items() if names]
    return [*_some(put_aside), *_some(changed), *_some(waiting), *lists]


def _some(lines: list[str]) -> list[str]:
    return lines if len(lines) <= MOST_LINES else [*lines[:MOST_LINES], f"… and {len(lines) - MOST_LINES:,} more"]


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


def show(session: Session, intake: Intake, reported: int) -> dict[str, object]:
    rows, loaded, quarantined, superseded = session.rows(
        """select coalesce(sum(case when status = 'loaded' then rows end), 0),
            coalesce(sum(case when status = 'loaded' then loaded end), 0),
            coalesce(sum(case when status = 'loaded' then quarantined end), 0),
            coalesce(sum(case when status = 'superseded' then 1 end), 0) from landed_files"""
    )[0]
    last, run_id = session.rows(
        "select coalesce(max(landing_no), 0), coalesce(arg_max(run_id, landing_no), '') from landed_files"
    )[0]
    months, tables = touched(session, reported)
    return {
        "dagster/row_count": int(session.scalar("select count(*) from landed_files")),
        "rows": int(rows),
        "loaded rows": int(loaded),
        "quarantined rows": int(quarantined),
        "new files": len(intake.loaded),
        "refused files": len(intake.refused),
        "superseded files": int(superseded),
        LAST_FILE: int(last),
        LAST_RUN: run_id,
        LAST_MONTH: str(last_month(session) or ""),
        MONTHS_TOUCHED: dg.MetadataValue.json([month.isoformat() for month in months]),
        TABLES_TOUCHED: dg.MetadataValue.json(tables),
        "latest files": table_of(
            session,
            # Short: the UI folds up markdown of a thousand characters.
            """select file_name, encoding, rows, loaded, duplicates, quarantined
            from landed_files order by landing_no desc limit 8""",
        ),
        "what changed": table_of(
            session,
            """select purchase_month as month, sum(added) as added, sum(withdrawn) as withdrawn, bool_or(late) as late
            from landed_months where landing_no > :after and (added > 0 or withdrawn > 0)
            group by purchase_month order by purchase_month limit 15""",
            after=reported,
        ),
        "quarantine": bars_of(
            session,
            """select q.reason, count(*) as rows from quarantine q
            join landed_files l on l.reading_hash = q.reading_hash
            where l.status = 'loaded' and l.quarantined > 0
            group by q.reason order by rows desc, q.reason""",
            "rows",
        ),
    }


def touched(session: Session, after: int) -> tuple[list[date], list[str]]:
    """The months whose lines, and the tables whose rows, the deliveries after one changed."""
    months = session.rows(
        """select distinct purchase_month from landed_months
        where landing_no > :after and (added > 0 or withdrawn > 0) order by 1""",
        after=after,
    )
    # What they took the place of may have fed other tables, by another mapping.
    fed = session.rows(
        """select distinct l.feeds from landed_files n
        join landed_files l on l.file_name = n.file_name or l.content_hash = n.content_hash
        where n.landing_no > :after""",
        after=after,
    )
    return [month for (month,) in months], sorted({table for (feeds,) in fed for table in feeds.split(",")})
