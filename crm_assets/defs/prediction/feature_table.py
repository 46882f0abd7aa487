"""``feature_table``: the 31 model columns of every customer, at as_of and after its first receipts."""

import dagster as dg

from crm_assets.contracts.feature_sets import model_columns
from crm_assets.contracts.feature_table import CUTOFFS
from crm_assets.coverage import require_counted
from crm_assets.defs.making import Month, Shown, filled
from crm_assets.defs.partitions import history
from crm_assets.defs.table import table_asset
from crm_assets.months import Snapshot
from crm_assets.prediction.totals import LEAST, Proxy, looked_at
from crm_assets.receipts.touched import (
    UNKNOWN,
    MadeFrom,
    basis_of,
    content_of,
    only_touched,
    receipts_up_to,
    whole,
)
from crm_assets.warehouse import Session, read_query

NO_TOTALS = "no_totals"
READINGS = "feature_readings"
EVERY_RECEIPT = 2**63 - 1
_FIRST_PAYMENT = "select min(purchased_at) from raw_transactions where month <= :month and record_type = 'wallet'"
CUTOFF_COLUMNS = {"cutoff": "varchar", "place": "bigint", "receipts_kept": "bigint"}


@table_asset(
    deps=[
        "customer_lifecycles",
        history("receipts"),
        history("raw_transactions"),
        "calendar",
        "customers",
        "daily_signals",
    ],
    checks=(NO_TOTALS,),
    also=[READINGS],
)
def feature_table(month: Month):
    """Whole histories (cutoff `as_of`) of everybody and, from the same query, the first 1, 2 and 3 receipts of existing
    customers, as they were at that moment: what a model for new customers must learn from."""
    require_counted(month.session, month.first_day, month.parameters)
    kept = [(cut, place, EVERY_RECEIPT if cut == "as_of" else int(cut)) for place, cut in enumerate(CUTOFFS)]
    month.session.reference("cutoffs", CUTOFF_COLUMNS, kept)
    part = month.part(READINGS, made_from(month))
    with only_touched(month.session, part, "receipts", "customer_lifecycles"):
        staged = month.stage()
    rows = whole(month.session, part, month.name, staged, month.first_day)
    yield from month.gate(no_totals(*looked_at(month.session, rows, month.snapshot)))
    counted = dates_before_signals(month.session, month.snapshot)
    yield from month.publish_part(part, READINGS, staged, show, counted=counted)


def made_from(month: Month) -> MadeFrom:
    """Everybody's columns follow from their own receipts and, beside the dimensions, from the day on which the shop's
    first payment by wallet was made."""
    receipts = receipts_up_to(month.session, month.first_day)
    if receipts is UNKNOWN:
        return UNKNOWN
    basis = basis_of(
        read_query(month.name),
        read_query("customer_lifecycles"),
        receipts.basis,
        content_of(month.session, ["calendar", "customers", "daily_signals"]),
        str(month.scalar(_FIRST_PAYMENT)),
        parameters=month.parameters,
    )
    return MadeFrom(receipts.readings, basis)


def no_totals(customers: int, found: list[Proxy]) -> dg.AssetCheckResult:
    """No model column tells a total of the customer (``totals``)."""
    told = "; ".join(f"{p.column} tells {p.total} (rank correlation {p.correlation:+.3f})" for p in found)
    if found:
        told += (
            ". A new customer's totals are small whatever its type. Take the column out of the contract, or make it an "
            "average."
        )
    if customers < LEAST:
        told = f"{customers} existing customers, fewer than {LEAST}: the order of so few proves nothing"
    records = [dg.TableRecord({"column": p.column, "total": p.total, "correlation": p.correlation}) for p in found]
    table = {"columns that tell a total": dg.MetadataValue.table(records)} if found else {}
    return dg.AssetCheckResult(
        check_name=NO_TOTALS,
        passed=not found,
        description=told or None,
        metadata={"customers looked at": customers, **table},
    )


def dates_before_signals(session: Session, snapshot: Snapshot) -> dict[str, int]:
    """Per signal, the purchase dates before its first day, which take that day's value."""
    rows = session.rows(
        """select f.signal, count(distinct r.purchase_date)
        from (select signal, min(date) as first_day from daily_signals group by signal) f
        left join receipts r on r.month <= :month and r.purchase_date < f.first_day
        where f.signal in ('new_cases', 'new_deaths') group by f.signal order by f.signal""",
        month=snapshot.month,
    )
    return {f"purchase dates before {signal} begin": int(count) for signal, count in rows}


def show(month: Month) -> Shown:
    return {
        "rows by cut-off": month.as_table(
            """select cutoff, count(*) as customers, round(cast(sum(receipts) as double) / count(*), 1) as receipts_mean
            from feature_table where month = :month group by cutoff order by cutoff""",
        ),
        # In two halves: the UI folds up markdown of a thousand characters.
        "model columns": filled(month, model_columns()[:16]),
        "model columns, continued": filled(month, model_columns()[16:]),
    }
