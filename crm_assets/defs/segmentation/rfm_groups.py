"""``rfm_groups``: how large the groups of the RFM schemes are, what they spend, and whether they differ."""

from crm_assets.contracts.model_metrics import own_rows
from crm_assets.defs.making import Month, Shown
from crm_assets.defs.table import table_asset
from crm_assets.segmentation.group_tests import INDEPENDENT, PROTOCOL, GroupTests, group_tests
from crm_assets.segmentation.rfm import SCHEMES, Scheme, read_schemes
from crm_assets.segmentation.rfm_lint import surprises
from crm_assets.warehouse import Session


@table_asset(kinds={"duckdb", "scipy"}, deps=["rfm_scores"], also=["model_metrics"])
def rfm_groups(month: Month):
    """Ten bands, eleven standard bands, eight grades with estimated members, four types of score patterns. Written with
    it to `model_metrics`: Kruskal-Wallis over the groups of each scheme, with its effect size. Recency, frequency and
    monetary define the groups and differ by construction; visit days and the mean receipt follow from them in part."""
    schemes = read_schemes(month.settings.reference)
    refer(month.session, schemes)
    staged = month.stage()
    customers = month.frame(
        f"select recency_days, frequency, monetary, visit_days, {', '.join(SCHEMES)} "
        "from rfm_scores where month = :month"
    )
    tests = group_tests(customers, SCHEMES)
    also = [month.also("model_metrics", tests.metrics, own_rows(month.name))]
    yield from month.publish(staged, lambda m: show(m, tests), also=also)


def refer(session: Session, schemes: dict[str, Scheme]) -> None:
    """The reference tables of the query."""
    session.reference(
        "rfm_scheme_groups",
        {"scheme": "varchar", "group_name": "varchar", "position": "bigint", "promises": "bigint"},
        [
            (scheme.name, group.name, place, int(bool(group.promise)))
            for scheme in schemes.values()
            for place, group in enumerate(scheme.groups, 1)
        ],
    )
    broken = [(scheme.name, s.cell) for scheme in schemes.values() for s in surprises(scheme)]
    session.reference("rfm_surprises", {"scheme": "varchar", "cell": "bigint"}, broken)


def show(month: Month, tests: GroupTests) -> Shown:
    shown: dict[str, object] = {}
    for scheme in SCHEMES:
        shown[scheme] = month.as_table(
            """select group_name, customers, estimated_members as members, round(100 * customer_share, 1) as pct,
                round(100 * revenue_share, 1) as revenue_pct, round(recency_days_mean, 1) as recency,
                round(frequency_mean, 1) as frequency, round(monetary_mean, 0) as monetary
            from rfm_groups where month = :month and scheme = :scheme order by position""",
            scheme=scheme,
        )
    effects = tests.metrics[tests.metrics["metric"] == "epsilon_squared"]
    for row in effects[effects["slice"].isin(INDEPENDENT)].itertuples():
        shown[f"epsilon squared, {row.model}, {row.slice}"] = round(float(row.value), 3)
    return shown | {
        "Kruskal-Wallis": month.as_table(
            """select model as scheme, slice as measure,
                max(case when metric = 'h' then round(value, 1) end) as h,
                max(case when metric = 'p_adjusted' then value end) as p_adjusted,
                max(case when metric = 'epsilon_squared' then round(value, 3) end) as epsilon_squared,
                max(base) as n
            from model_metrics where month = :month and protocol = :protocol
            group by model, slice order by model, slice""",
            protocol=PROTOCOL,
        ),
        "left out": "; ".join(tests.left_out) or "nothing",
    }
