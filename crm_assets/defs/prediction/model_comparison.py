"""``model_comparison``: LightGBM beside other classifiers, by figures, seconds and memory."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.measured_once import last_measured, measured_of_training
from crm_assets.defs.table import table_asset
from crm_assets.prediction.algorithms import ALGORITHMS, installed
from crm_assets.prediction.labelled import READ
from crm_assets.prediction.model_comparison import compare, fingerprint_of


@table_asset(kinds={"lightgbm", "scikitlearn", "duckdb"}, deps=["lightgbm_model", *READ])
def model_comparison(month: Month):
    """LightGBM, Random Forest and, where it is installed, CatBoost, on the same customers, columns, folds and weights
    of rows: under *seed* whole histories and S0's 31 columns, under *cold_start* first receipts and the columns of the
    model in use. Every fit runs on one thread, in a process of its own, whose growth is its memory. A month that
    trains no model has no rows; one made again from the same input keeps its rows, seconds included."""
    yield from month.publish(measured_of_training(month, fingerprint_of, compare), show)


def show(month: Month) -> Shown:
    if nothing := last_measured(month, "this month trained no model"):
        return nothing
    return {
        "compared": month.as_table(
            """select algorithm, protocol, slice as receipts, round(macro_f1, 3) as macro_f1,
                round(accuracy, 3) as accuracy, base as customers, training_rows,
                round(fit_seconds, 3) as fit_seconds, round(peak_mb, 1) as peak_mb
            from model_comparison where month = :month order by protocol, slice, macro_f1 desc, algorithm""",
        ),
        **missing(),
    }


def missing() -> Shown:
    """How to have the algorithms that are not installed."""
    absent = sorted(set(ALGORITHMS) - set(installed()))
    return {
        name: f"not installed; to compare it: `.venv/bin/pip install -e '.[{name}]'`, and make the month again"
        for name in absent
    }
