"""``raw_transactions``: the receipt lines of a month."""

from datetime import date

import dagster as dg

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.making import Month, Refused, Rows, Shown
from crm_assets.defs.table import table_asset
from crm_assets.receipts.attributes import attributes_query
from crm_assets.receipts.staging import stage_lines
from crm_assets.receipts.touched import basis_of, lines_from, whole
from crm_assets.receipts.withdrawn_months import last_month
from crm_assets.settings import Settings
from crm_assets.warehouse import Session, read_query

READINGS = "line_readings"
READINGS = "line_readings"
HAS_RECEIPTS, COMPLETE, POLICIES = "has_receipts", "lines_complete", "policies"
UNKNOWN = {
    "unknown_products": ("products", ("product_id",)),
    "unknown_branches": ("branches", ("branch_id", "partner_id")),
    "unknown_customers": ("customers", ("customer_id",)),
}  # setting → the dimension that should describe the columns' values, and its key


@table_asset(
    deps=["landed_files", *(dimension for dimension, _ in UNKNOWN.values())],
    checks=(HAS_RECEIPTS, COMPLETE, POLICIES),
    also=["event_attributes", READINGS],
    by_sensor=True,
)
def raw_transactions(month: Month):
    """The distinct lines that landed for the month, from every file, numbered within their receipt by content. The
    sensor on the ledger asks for the months that an intake touched. A month after the last one that landed is refused;
    a gap before it is an empty month with a failed check. What a mapping names as attributes of the lines goes to
    event_attributes in the same step. Where little has landed since, only the customers in it are made anew."""
    first_day = month.first_day
    _require_landed(month)
    basis = basis_of(read_query(month.name), month.session.json_rows("delivered_lines", "attributes"))
    part = month.part(READINGS, lines_from(month.session, first_day, basis))
    files = stage_lines(month.session, month.settings.staging, first_day, part.condition)
    yield dg.AssetCheckResult(
        check_name=HAS_RECEIPTS,
        passed=files > 0 or not month.settings.read_source().has_transactions,
        severity=dg.AssetCheckSeverity.WARN,
        description=None if files else f"no file holds receipts of {first_day:%Y-%m}, though later months have landed",
        metadata={"files": files},
    )
    staged = month.stage()
    rows = whole(month.session, part, month.name, staged, first_day)
    yield from month.gate(lines_complete(month.session, rows, first_day))
    yield from month.gate(policies(month.session, rows, month.settings))
    yield from month.publish_part(part, READINGS, staged, show, also=[attributes_of(month)])


def attributes_of(month: Month) -> Rows:
    """The attributes of the month's lines, under the same numbers."""
    contract = CONTRACTS["event_attributes"]
    staged = month.session.stage(contract, attributes_query(month.session), month=month.first_day)
    return Rows(contract, staged, *month.place)


def _require_landed(month: Month) -> None:
    last = last_month(month.session)
    if last is None or month.first_day > last:
        raise Refused(
            f"no receipts of {month.first_day:%Y-%m} have landed yet, "
            + (f"the last month with receipts is {last:%Y-%m}. " if last else "nor of any other month. ")
            + "Put its files into the landing folder and materialise landed_files, or choose another month."
        )


def lines_complete(session: Session, rows: str, month: date) -> dg.AssetCheckResult:
    """The month has as many lines as the ledger says were loaded for it."""
    lines = int(session.scalar(f"select count(*) from {rows}"))
    loaded = int(
        session.scalar(
            """select coalesce(sum(m.loaded), 0) from landed_months m join landed_files l on l.landing_no = m.landing_no
            where l.status = 'loaded' and m.purchase_month = :month""",
            month=month,
        )
    )
    return dg.AssetCheckResult(
        check_name=COMPLETE,
        passed=lines == loaded,
        description=f"The staged files hold {lines:,} lines, the ledger counts {loaded:,}.",
        metadata={"lines": lines, "in the ledger": loaded},
    )


def policies(session: Session, rows: str, settings: Settings) -> dg.AssetCheckResult:
    """What the month holds that a policy decides on. A line is unknown when its source describes others of the kind."""
    counts = {
        "returns": "sum(case when l.record_type = 'return' then 1 else 0 end)",
        "zero_amounts": "sum(case when l.record_type <> 'return' and l.amount = 0 then 1 else 0 end)",
    }
    joins = []
    for name, (dimension, key) in UNKNOWN.items():
        if session.scalar(f"select count(*) from {dimension}"):
            equal = " and ".join(f"{name}.{column} = l.{column}" for column in key)
            joins.append(f"left join {dimension} {name} on {equal}")
            unknown = f"l.{key[0]} is not null and {name}.{key[0]} is null"
            counts[name] = f"sum(case when {unknown} then 1 else 0 end)"
        else:
            counts[name] = "0"
    sums = ", ".join(f"coalesce({sql}, 0)" for sql in counts.values())
    found = session.rows(f"select {sums} from {rows} l {' '.join(joins)}")[0]
    told = [(name, getattr(settings, name), int(lines)) for name, lines in zip(counts, found, strict=True)]
    refused = [
        f"{lines:,} lines are of {name.replace('_', ' ')}, and CRM_{name.upper()} is refuse. Deliver the file that "
        "describes them, or set it to load."
        for name, policy, lines in told
        if policy == "refuse" and lines
    ]
    return dg.AssetCheckResult(
        check_name=POLICIES,
        passed=not refused,
        description=" ".join(refused) or None,
        metadata={f"{name}, policy {policy}": lines for name, policy, lines in told},
    )


def show(month: Month) -> Shown:
    customers, receipts, amount = month.rows(
        """select count(distinct customer_id), count(distinct receipt_id), coalesce(sum(amount), 0)
        from raw_transactions where month = :month and record_type in ('product', 'service')"""
    )[0]
    return {
        "customers": int(customers),
        "receipts": int(receipts),
        "amount": float(amount),
        "lines by type": month.as_bars(
            """select record_type, count(*) as lines from raw_transactions where month = :month
            group by record_type order by lines desc, record_type""",
            "lines",
        ),
        "attributes": month.as_bars(
            """select name, count(*) as lines from event_attributes where month = :month
            group by name order by lines desc, name""",
            "lines",
        ),
        "first lines": month.as_table(
            """select customer_id, receipt_id, line_no, partner_id, product_id, amount, record_type
            from raw_transactions where month = :month order by customer_id, receipt_id, line_no limit 5""",
        ),
    }
