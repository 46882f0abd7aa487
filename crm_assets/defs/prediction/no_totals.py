"""The check ``no_totals`` of a set of model columns: none of them tells a total of the customer (``totals``)."""

from collections.abc import Iterator

import dagster as dg

from crm_assets.contracts.base import Table, identifier
from crm_assets.contracts.feature_sets import described
from crm_assets.months import Snapshot
from crm_assets.prediction.totals import LEAST, MOST, Proxy, proxies
from crm_assets.settings import Settings
from crm_assets.warehouse import Session

NO_TOTALS = "no_totals"
_OF_TOTALS = ("as_of", "cutoff_at", "receipts", "receipt_amount_mean")
# Existing customers, at most :most of them, evenly spaced in the order of their ids.
_SAMPLE = """with existing as (
        select customer_id, row_number() over (order by customer_id) - 1 as place, count(*) over () as size
        from {totals} where month = :month and cutoff = 'as_of' and receipts > :new_customer_max_receipts
    )
    select {columns} from existing e
    join {totals} t on t.month = :month and t.customer_id = e.customer_id and t.cutoff = 'as_of'
    join {staged} s on s.month = :month and s.customer_id = e.customer_id and s.cutoff = 'as_of'
    where (e.place * :most) % e.size < :most order by e.customer_id"""


def no_totals(
    session: Session,
    contract: type[Table],
    staged: str,
    snapshot: Snapshot,
    settings: Settings,
    *,
    totals: str = "feature_table",
) -> Iterator[dg.AssetCheckResult]:
    """Look at the staged rows of a set before they are published.

    Args:
        contract: of the set; its rows have month, customer_id and cutoff.
        totals: relation with the customers' receipts, cutoff_at and receipt_amount_mean; a set that is not the feature
            table itself is made after it.

    Raises:
        dg.Failure: a column tells a total; names it.
    """
    names = [c.name for c in described(contract)]
    columns = {name: f"s.{identifier(name)}" for name in names} | {name: f"t.{name}" for name in _OF_TOTALS}
    customers = session.frame(
        _SAMPLE.format(totals=totals, staged=staged, columns=", ".join(columns.values())),
        month=snapshot.month,
        new_customer_max_receipts=settings.new_customer_max_receipts,
        most=MOST,
    )
    found = proxies(customers, names) if len(customers) >= LEAST else []
    told = "; ".join(f"{p.column} tells {p.total} (rank correlation {p.correlation:+.3f})" for p in found)
    if len(customers) < LEAST:
        told = f"{len(customers)} existing customers, fewer than {LEAST}: the order of so few proves nothing"
    yield dg.AssetCheckResult(
        check_name=NO_TOTALS,
        passed=not found,
        description=told or None,
        metadata={"customers looked at": len(customers), **_shown(found)},
    )
    if found:
        raise dg.Failure(
            f"{snapshot.month:%Y-%m}: {told}. A new customer's totals are small whatever its type. Take the column out "
            "of the contract, or make it an average. The month keeps what it had.",
            allow_retries=False,
        )


def _shown(found: list[Proxy]) -> dict[str, dg.MetadataValue]:
    if not found:
        return {}
    records = [dg.TableRecord({"column": p.column, "total": p.total, "correlation": p.correlation}) for p in found]
    return {"columns that tell a total": dg.MetadataValue.table(records)}
