"""``recommender_evidence``: what each recommender would have reached in the month."""

import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import columns
from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import history, two_months
from crm_assets.defs.table import table_asset
from crm_assets.merchandising.judging import ALL, AT, Judgement, read_judged
from crm_assets.merchandising.knowledge import read_knowledge
from crm_assets.merchandising.recommenders import RECOMMENDERS, Scoring, best


@table_asset(
    deps=[
        history("article_purchases"),
        two_months("article_similarities"),
        two_months("customer_types"),
        "products",
        "calendar",
    ],
    kinds={"scipy", "duckdb"},
)
def recommender_evidence(month: Month):
    """Every method names articles at the end of the month before, knowing nothing of this one, and is judged on what
    customers then bought. The chosen one of the next month goes by these figures (`recommender_choices`)."""
    yield from month.publish(month.stage_frame(evidence(month)), show)


def evidence(month: Month) -> pd.DataFrame:
    """Rows of the table; none where nothing was known before, or nobody bought anything that counts."""
    settings, before = month.settings, month.settings.snapshot(month.snapshot.month_before.isoformat())
    knowledge = read_knowledge(month.session, before, settings)
    found = {name: Judgement(len(knowledge.shelf)) for name in RECOMMENDERS}
    if len(knowledge.shelf):
        for shoppers, answers in read_judged(month.session, before, knowledge.shelf, settings, month.snapshot):
            scoring = Scoring(knowledge, shoppers)
            excluded = None if settings.recommend_bought else shoppers.known
            for name, recommender in RECOMMENDERS.items():
                places, _ = best(recommender(scoring), scoring.favourites, excluded, AT)
                found[name].add(places, shoppers, answers)
    rows = [{"recommender": name, **row} for name, judgement in found.items() for row in judgement.rows()]
    return pd.DataFrame(rows, columns=[c.name for c in columns(CONTRACTS[month.name])])


def show(month: Month) -> Shown:
    return {
        "judged on customers": int(
            month.scalar("select coalesce(max(customers), 0) from recommender_evidence where month = :month")
        ),
        "all": month.as_table(figures_of("recommender_evidence"), slice=ALL),
    }


def figures_of(table: str) -> str:
    """A query of a slice's figures, to be shown."""
    return f"""select recommender, customers, round(hit_rate, 3) as hit_rate,
            round(hit_rate_low, 3) || '–' || round(hit_rate_high, 3) as interval,
            round(recall_at_10, 3) as recall_at_10, round(map_at_10, 3) as map_at_10, round(coverage, 3) as coverage
        from {table} where month = :month and slice = :slice order by map_at_10 desc, recommender"""
