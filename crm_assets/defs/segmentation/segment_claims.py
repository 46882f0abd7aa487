"""``segment_claims``: what sets a type apart, with the evidence."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import window
from crm_assets.defs.table import table_asset
from crm_assets.segmentation.claims import segment_claims as claims_of
from crm_assets.segmentation.customer_traits import measures_of, read_traits


@table_asset(
    kinds={"duckdb", "scipy"},
    deps=[
        "cluster_assignments",
        "rfm_scores",
        window("receipts"),
        window("raw_transactions"),
        "calendar",
        "customers",
        "products",
    ],
)
def segment_claims(month: Month):
    """The unit of every test is the customer, never the receipt. Numbers by Mann-Whitney and Cliff's delta, shares and
    yes or no by z and Cohen's h, all of a month corrected together."""
    customers, categories = read_traits(month.session, month.snapshot)
    claims, left_out = claims_of(measures_of(customers, categories), customers["segment_id"])
    names = customers.drop_duplicates("segment_id").set_index("segment_id")["segment_name"]
    claims.insert(1, "segment_name", claims["segment_id"].map(names).astype("str"))
    yield from month.publish(month.stage_frame(claims), lambda m: show(m, left_out))


def show(month: Month, left_out: list[str]) -> Shown:
    return {
        "tests": month.scalar("select count(p) from segment_claims where month = :month"),
        "allowed": month.scalar("select count(*) from segment_claims where month = :month and allowed"),
        "left out": ", ".join(left_out) or "nothing",
        "strongest": month.as_table(
            """select segment_name as type, measure, category, direction, round(effect, 2) as effect, effect_size,
                round(p_adjusted, 4) as p_adjusted, defines_type
            from segment_claims where month = :month and allowed and rank <= 6 order by segment_id, rank""",
        ),
    }
