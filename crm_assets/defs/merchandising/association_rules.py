"""``association_rules``: what is bought together, by every type of customers and by everybody."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import window
from crm_assets.defs.table import table_asset
from crm_assets.merchandising.baskets import EVERYBODY, Baskets, lay_baskets
from crm_assets.merchandising.itemsets import Limits, TooManyItemsets, frequent_itemsets
from crm_assets.merchandising.naming import item_rows, named_rules
from crm_assets.merchandising.rules import rules_asked, rules_of


@table_asset(deps=[window("raw_transactions"), "customer_types", "products"], also=["association_rule_items"])
def association_rules(month: Month):
    """Baskets of the window (`basket_unit`: receipts, or all that a customer bought), without returns, services and
    what is no article. Frequent is a set of up to `rule_max_items` articles in `rule_min_support` of a segment's
    baskets, and in `rule_min_baskets` at least; every split of it is a rule, which passes from `rule_min_confidence`. A
    customer's baskets are its type's in `customer_types`, so those of new customers with a predicted type count; those
    without a type are everybody's only."""
    settings, source = month.settings, month.settings.read_source()
    of = Baskets(
        unit=settings.basket_unit,
        first_month=month.snapshot.window_start,
        last_month=month.first_day,
        types_month=month.first_day,
        articles=source.articles or "",
    )
    support = settings.rule_min_support or source.rule_min_support
    limits = Limits(
        min_support=support,
        min_baskets=settings.rule_min_baskets,
        most_items=settings.rule_max_items,
        most_itemsets=settings.rule_max_itemsets,
    )
    segments = lay_baskets(month.session, of, limits.least)
    try:
        found = frequent_itemsets(month.session, segments, limits)
    except TooManyItemsets as error:
        raise month.refused(str(error)) from error
    of_month = {
        "all_baskets": sum(s.baskets for s in segments if s.segment_id == EVERYBODY),
        "rules_asked": sum(rules_asked(itemsets, settings.rule_max_items) for itemsets in found.values()),
    }
    parts = [
        rules_of(found[s.number], s.baskets, settings.rule_min_confidence).assign(
            segment_id=s.segment_id, segment_baskets=s.baskets, **of_month
        )
        for s in segments
        if s.number in found
    ]
    articles = month.rows(
        """select a.item, a.product_id, p.name
        from basket_articles a left join products p on p.product_id = a.product_id order by a.item"""
    )
    names = month.rows(
        """select segment_id, max(segment_name) from customer_types
        where month = :month and segment_id is not null group by segment_id order by segment_id"""
    )
    rules = named_rules(parts, articles, dict(names))
    if rules.empty and segments:
        month.tell(
            f"no two articles are together in {support:.1%} of a segment's baskets and in {settings.rule_min_baskets} "
            "at least, so there are no rules; a wide assortment needs a lower CRM_RULE_MIN_SUPPORT"
        )
    items = item_rows(rules, articles)
    yield from month.publish(month.stage_frame(rules), show, also=[month.also("association_rule_items", items)])


def show(month: Month) -> Shown:
    segments = month.rows(
        """select segment_id, max(coalesce(segment_name, 'everybody')) from association_rules where month = :month
        group by segment_id order by case when segment_id = 'all' then 0 else 1 end, segment_id"""
    )
    return {
        "rules": month.as_bars(
            """select coalesce(segment_name, segment_id), count(*) from association_rules
            where month = :month and passes_confidence
            group by coalesce(segment_name, segment_id) order by 2 desc, 1""",
            "rules that pass",
        ),
        **{f"strongest of {name}": month.as_table(_STRONGEST, segment=segment) for segment, name in segments},
    }


# Short words in the head: ten columns beside two names have to fit where the UI shows them.
_STRONGEST = """select antecedent_names as antecedents, consequent_names as consequents,
        round(antecedent_support, 3) as "s(A)", round(consequent_support, 3) as "s(C)", round(support, 3) as support,
        round(confidence, 2) as conf, round(lift, 2) as lift, round(leverage, 3) as lev, round(conviction, 2) as conv,
        round(zhangs_metric, 2) as zhang, case when passes_confidence then 'yes' else 'no' end as passes
    from association_rules where month = :month and segment_id = :segment and rank <= 5 order by rank"""
