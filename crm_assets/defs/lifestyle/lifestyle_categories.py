"""``lifestyle_categories``: what each lifestyle spends on, and which of it sets it apart."""

from crm_assets.coverage import require_covered
from crm_assets.defs.making import Month, Shown
from crm_assets.defs.table import table_asset
from crm_assets.lifestyle.signatures import lifestyle_categories as categories_of


@table_asset(kinds={"duckdb", "scipy"}, deps=["lifestyle_assignments", "category_spend"])
def lifestyle_categories(month: Month):
    """The unit is the customer. Means of the customers' own shares, members against all others, by z (the larger of the
    pooled and Welch's error) and Cohen's h, all of a month corrected together (Benjamini-Hochberg). Lift is that of the
    shares: a lifestyle that spends more on everything has no signature by that."""
    require_covered(month.session, month.snapshot, "lifestyle_assignments", "category_spend")
    members = month.frame(
        "select customer_id, lifestyle_id from lifestyle_assignments where month = :month order by customer_id"
    )
    spend = month.frame(
        """select customer_id, category, cast(amount as double) as amount, share from category_spend
        where month = :month order by category, customer_id"""
    )
    found = categories_of(spend, members.set_index("customer_id")["lifestyle_id"])
    yield from month.publish(month.stage_frame(found), show)


def show(month: Month) -> Shown:
    return {
        "signature categories": month.as_table(
            """select lifestyle_id as lifestyle, category, round(mean_amount, 0) as mean_amount,
                round(population_mean_amount, 0) as population, round(lift, 2) as lift, round(effect, 2) as effect
            from lifestyle_categories where month = :month and is_signature and rank <= 5
            order by lifestyle_id, rank"""
        )
    }
