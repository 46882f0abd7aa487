"""``customer_indices``: what a customer does more, or less, than others, and models' answers on 0–100."""

import dagster as dg

from crm_assets.defs.making import Month, Refused, Shown
from crm_assets.defs.partitions import window
from crm_assets.defs.table import table_asset
from crm_assets.indices.definitions import MODEL_TABLES, IndexFileError, Indices, indices_of
from crm_assets.indices.engine import PARAMETERS, answer, count, lay_out

VALUES_MET = "values_met"


@table_asset(
    deps=[window("receipts"), window("raw_transactions"), "calendar", "customers", "products", "customer_types",
          *MODEL_TABLES],
    kinds={"yaml", "duckdb"},
    checks=[VALUES_MET],
    also=["index_definitions", "index_labels", "index_distributions"],
)  # fmt: skip
def customer_indices(month: Month):
    """The indices are `data/reference/indices/<name>.yaml`, which the mapping file of the source names; a source that
    names none has those of every shop. The population's share is the mean of the customers' shares, each counting once;
    who has fewer than min_events events has no row (`index_definitions` counts them). A label needs the threshold and,
    of a share, evidence. Written with it: `index_definitions`, `index_labels`, `index_distributions`."""
    settings = month.settings
    indices = indices_to_make(month)
    lay_out(month.session, indices, month.snapshot, settings.language)
    count(month.session, month.parameters)
    answer(month.session, indices, settings.read_personas(), month.first_day)
    yield from month.gate(values_met(month))
    staged = month.stage(**PARAMETERS)
    also = [month.also_query(table) for table in ("index_definitions", "index_labels", "index_distributions")]
    yield from month.publish(staged, show, also=also)


def indices_to_make(month: Month) -> Indices:
    try:
        return indices_of(month.settings.reference, month.settings.read_source(), month.settings.window_months)
    except IndexFileError as error:
        raise Refused(str(error)) from error


def values_met(month: Month) -> dg.AssetCheckResult:
    """Values that no event has may be misspelt: their index says 0 of everybody."""
    unmet = [
        index
        for (index,) in month.rows(
            "select index_id from index_counts group by index_id having max(hits) = 0 order by index_id"
        )
    ]
    return dg.AssetCheckResult(
        check_name=VALUES_MET,
        passed=not unmet,
        severity=dg.AssetCheckSeverity.WARN,
        description="No event of the window has a value of these indices; are the values misspelt?" if unmet else None,
        metadata={"indices without such events": ", ".join(unmet) or "none"},
    )


def show(month: Month) -> Shown:
    return {
        "population shares": month.as_table(
            """select title_ko, population_group, customers, round(100 * population_share, 1) as population_pct,
                round(score_mean, 1) as score_mean, evident_above, evident_below
            from index_definitions where month = :month order by place, population_group"""
        ),
        "labels": month.as_bars(
            """select label_ko, customers from index_labels where month = :month
            order by customers desc, index_id, label_id""",
            "customers",
        ),
        "top customers": month.as_table(
            """select index_id, customer_id, round(index_pp, 1) as index_pp, round(score, 1) as score, label from (
                select *, row_number() over (
                    partition by index_id order by coalesce(index_pp, score) desc, customer_id
                ) as place
                from customer_indices where month = :month and label_id is not null
            ) ranked
            where place <= 3 order by index_id, place"""
        ),
    }
