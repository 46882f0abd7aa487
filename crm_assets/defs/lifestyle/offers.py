"""``offers``: the catalogue of cards and offers."""

import dagster as dg

from crm_assets.contracts.base import columns
from crm_assets.contracts.offers import Offers
from crm_assets.defs.making import Month, Refused, Shown
from crm_assets.defs.table import table_asset
from crm_assets.offers import Offer, benefit_rows, offer_rows, offers_of, target_rows
from crm_assets.reference_files import CatalogueError

KNOWN = "categories_known"


@table_asset(
    deps=["category_spend", "products"],
    kinds={"yaml", "duckdb"},
    checks=[KNOWN],
    also=["offer_benefits", "offer_targets"],
)
def offers(month: Month):
    """`data/reference/offers/<name>.yaml`, which the mapping file of the source names; a source that names none has no
    offers. A month keeps the catalogue that it was matched with."""
    catalogue = catalogue_of(month)
    yield from month.gate(categories_known(month, catalogue))
    staged = month.stage_frame(offer_rows(catalogue)) if catalogue else month.stage(NONE)
    also = [month.also("offer_benefits", benefit_rows(catalogue)), month.also("offer_targets", target_rows(catalogue))]
    yield from month.publish(staged, show, also=also)


NONE = f"select {', '.join(f'cast(null as {c.sql_type}) as {c.name}' for c in columns(Offers))} where false"


_CATEGORIES = """select category from category_spend where month = :month
    union select case when :lifestyle_category = 'middle' then category_middle else category_major end from products"""


def catalogue_of(month: Month) -> tuple[Offer, ...]:
    try:
        return offers_of(month.settings.reference, month.settings.read_source().offers)
    except CatalogueError as error:
        raise Refused(str(error)) from error


def categories_known(month: Month, catalogue: tuple[Offer, ...]) -> dg.AssetCheckResult:
    """Categories of no product and no spend may be misspelt: they are named, and bring nobody anything."""
    known = {c for (c,) in month.rows(_CATEGORIES)}
    named = {c for o in catalogue for b in o.benefits for c in b.categories}
    named |= {c for o in catalogue for c in o.target.get("spend", ())}
    unknown = sorted(named - known)
    return dg.AssetCheckResult(
        check_name=KNOWN,
        passed=not unknown,
        severity=dg.AssetCheckSeverity.WARN,
        description="No product is of these categories of the catalogue; are they misspelt?" if unknown else None,
        metadata={"unknown categories": ", ".join(unknown) or "none"},
    )


def show(month: Month) -> Shown:
    return {
        "catalogue": month.as_table(
            """select o.offer_id, o.title_ko, o.annual_fee, o.minimum_spend, o.monthly_cap, count(*) as categories
            from offers o join offer_benefits b on b.offer_id = o.offer_id and b.month = o.month
            where o.month = :month
            group by o.offer_id, o.title_ko, o.annual_fee, o.minimum_spend, o.monthly_cap order by o.offer_id"""
        ),
    }
