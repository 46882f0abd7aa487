"""``lifestyle_assignments``: the lifestyle of every active customer, by K-means on the pattern of spend."""

from collections.abc import Iterator
from functools import partial

import pandas as pd

from crm_assets.contracts.model_metrics import own_rows
from crm_assets.defs.making import Month, Shown
from crm_assets.defs.table import table_asset
from crm_assets.lifestyle.lifestyle_model import assign
from crm_assets.lifestyle.lifestyles_of_month import LifestylesOfMonth, figures_of_model, lifestyles_of_month
from crm_assets.lifestyle.personas import Lifestyles, lifestyle_name, lifestyles_of
from crm_assets.lifestyle.registry import REGISTRY
from crm_assets.segmentation.k_choice import FIT_SAMPLE, sample

BATCH = 100_000  # customers whose patterns are in memory at once
_SPEND = """select customer_id, category, share from category_spend
    where month = :month and customer_id between :first and :last order by customer_id, category"""
# Shares are summed as decimals: sums of doubles differ from run to run.
_POPULATION = """select category, cast(sum(cast(share as decimal(18, 9))) as double) as share from category_spend
    where month = :month group by category order by category"""


@table_asset(
    kinds={"duckdb", "scikitlearn"},
    deps=["category_spend"],
    builds_on_month_before=True,
    also=["lifestyle_models", "model_metrics"],
)
def lifestyle_assignments(month: Month):
    """K-means (`lifestyle_k`) on roots of the shares of spend by category, rare ones raised by `lifestyle_rarity`. A
    model is used until it is `lifestyle_refit_months` old or the categories change; a refit keeps ids and names.
    Written with it: `lifestyle_models`, the registry, and in `model_metrics` how far fits of 20 other seeds agree
    (adjusted Rand)."""
    settings = month.settings
    names = lifestyles_of(settings.reference, settings.read_source().lifestyles)
    customers = [c for (c,) in month.rows(
        "select distinct customer_id from category_spend where month = :month order by customer_id"
    )]  # fmt: skip
    population = month.frame(_POPULATION).set_index("category")["share"] / max(len(customers), 1)
    found = lifestyles_of_month(
        len(customers),
        population,
        partial(_sampled, month, customers),
        REGISTRY.before(month.session, month.first_day, settings),
        settings,
        names,
        month.as_of,
        month.snapshot.history_start,
    )
    if found.model is None:
        month.tell(found.reason)
    staged = month.stage_frames(_assigned(month, customers, found, names))
    registered = (
        []
        if found.model is None
        else [
            _registry_row(found, len(customers))
            | REGISTRY.write(found.model.fitted_as_of, found.model.to_json(), settings)
        ]
    )
    figures = [] if found.model is None else figures_of_model(found.model)
    also = [
        month.also("lifestyle_models", registered),
        month.also("model_metrics", figures, own_rows(month.name)),
    ]
    yield from month.publish(staged, lambda m: show(m, found), also=also)


def _spend(month: Month, customers: list[str]) -> pd.DataFrame:
    return month.frame(_SPEND, first=customers[0], last=customers[-1])


def _sampled(month: Month, customers: list[str]) -> pd.DataFrame:
    """customer_id, category, share of at most ``FIT_SAMPLE`` customers."""
    chosen = {customers[i] for i in sample(len(customers), FIT_SAMPLE, month.settings.seed)}
    batches = (_spend(month, customers[i : i + BATCH]) for i in range(0, len(customers), BATCH))
    return pd.concat([batch[batch["customer_id"].isin(chosen)] for batch in batches], ignore_index=True)


def _assigned(
    month: Month, customers: list[str], found: LifestylesOfMonth, names: Lifestyles
) -> Iterator[pd.DataFrame]:
    """Batches of rows; an empty one where there are no lifestyles."""
    if found.model is None:
        yield pd.DataFrame({
            **{name: pd.Series(dtype="str") for name in ("customer_id", "lifestyle_id", "lifestyle_name")},
            "distance": pd.Series(dtype="float64"),
        })  # fmt: skip
        return
    model, language = found.model, month.settings.language
    words = {i: lifestyle_name(i, model.signatures[i], names, language) for i in model.lifestyle_ids}
    for i in range(0, len(customers), BATCH):
        rows = assign(model, _spend(month, customers[i : i + BATCH]))
        yield rows.assign(lifestyle_name=rows["lifestyle_id"].map(words).astype("str"))


def _registry_row(found: LifestylesOfMonth, customers: int) -> dict[str, object]:
    return {
        "fitted_as_of": found.model.fitted_as_of,
        "k": found.model.k,
        "reason": found.reason,
        "customers": customers,
    }


def show(month: Month, found: LifestylesOfMonth) -> Shown:
    if found.model is None:
        return {"customers": 0, "lifestyles": found.reason}
    rand = found.model.adjusted_rand
    return {
        "K": found.model.k,
        "model": f"fitted as of {found.model.fitted_as_of}; {found.reason}",
        "stability": f"adjusted Rand with fits of {len(rand)} other seeds: mean {sum(rand) / len(rand):.3f}, "
        f"least {min(rand):.3f}",
        "lifestyles": month.as_bars(
            """select lifestyle_name, count(*) as customers from lifestyle_assignments where month = :month
            group by lifestyle_name order by customers desc, lifestyle_name""",
            "customers",
        ),
    }
