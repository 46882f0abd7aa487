"""``feature_importance``: how much each model column matters, by one decision tree and by permutation."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.measured_once import last_measured, measured_of_training
from crm_assets.defs.table import table_asset
from crm_assets.prediction.feature_importance import TOP, fingerprint_of, importances
from crm_assets.prediction.labelled import READ


@table_asset(kinds={"lightgbm", "scikitlearn", "duckdb"}, deps=["lightgbm_model", *READ])
def feature_importance(month: Month):
    """Both methods learn from the first receipts of the same customers, by the recipe in use. *cart* is one decision
    tree's; *permutation* what the recipe loses on the other customers when a column's values change hands among them,
    mean of 5 shufflings. A month that trains no model has no rows; one made again from the same input keeps its own."""
    yield from month.publish(measured_of_training(month, fingerprint_of, importances), show)


def show(month: Month) -> Shown:
    if nothing := last_measured(month, "this month trained no model"):
        return nothing
    sql = """select c.rank, c.model_column as cart, round(c.importance, 3) as decrease,
            p.model_column as permutation, round(p.importance, 4) as loss, round(p.spread, 4) as spread
        from feature_importance c join feature_importance p on p.month = c.month and p.rank = c.rank
        where c.month = :month and c.method = 'cart' and p.method = 'permutation' and c.rank <= :top order by c.rank"""
    both = "select count(*) from feature_importance where month = :month and method = 'cart' and in_both"
    return {
        "in both top tens": month.scalar(both),
        "top ten": month.as_table(sql, top=TOP),
    }
