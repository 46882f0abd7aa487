"""What the pages of the segments read beside the tables of the month. ``none`` = customers without a type."""

from __future__ import annotations

OF_SEGMENTS = {
    # How each type has grown: single figures of every month so far.
    "segment_history": """select month, segment_id, measure, value, unit from segment_profiles
where month <= :month and category = '' and measure in ('customers', 'revenue') and segment_id <> 'all'
order by segment_id, measure, month""",
    # Everybody by type, how the type was given, and lifecycle.
    "segment_sources": """select coalesce(segment_id, 'none') as segment_id, source, lifecycle, count(*) as customers
from customer_types where month = :month
group by coalesce(segment_id, 'none'), source, lifecycle order by segment_id, source, lifecycle""",
    "segment_untyped_history": """select month, count(*) as customers from customer_types
where month <= :month and segment_id is null group by month order by month""",
    "segment_strategies": """select c.segment_id, c.rfm_band, c.strategy_id, c.customers, c.peak_hour_from,
    c.peak_hour_to, c.peak_share, c.evidence, s.place, s.goal, s.channel, s.owner, s.kpi, s.window_days,
    s.title_ko, s.title_en, s.trigger_ko, s.trigger_en, s.action_ko, s.action_en
from strategy_choices c join strategies s on s.month = c.month and s.strategy_id = c.strategy_id
where c.month = :month order by c.segment_id, s.place, c.rfm_band""",
    "segment_audiences": """select a.segment_id, a.campaign_id, a.strategy_id, s.place, s.title_ko, s.title_en,
    s.channel, c.kpi, c.starts_on, c.ends_on, c.detectable, c.detectable_spend,
    sum(case when a.arm = 'treatment' then 1 else 0 end) as treatment,
    sum(case when a.arm = 'control' then 1 else 0 end) as control
from audiences a
join strategies s on s.month = a.month and s.strategy_id = a.strategy_id
join campaigns c on c.month = a.month and c.campaign_id = a.campaign_id
where a.month = :month
group by a.segment_id, a.campaign_id, a.strategy_id, s.place, s.title_ko, s.title_en, s.channel, c.kpi, c.starts_on,
    c.ends_on, c.detectable, c.detectable_spend
order by a.segment_id, s.place, a.campaign_id""",
    # Every judged campaign so far, by type and for everybody.
    "segment_results": """select r.month, r.segment_id, r.campaign_id, r.strategy_id, s.title_ko, s.title_en, r.kpi,
    r.metric, r.treatment, r.control, r.difference, r.difference_low, r.difference_high, r.verdict
from campaign_results r left join strategies s on s.month = :month and s.strategy_id = r.strategy_id
where r.month <= :month and r.metric = case when r.kpi = 'spend' then 'spend_cuped' else 'conversion' end
order by r.segment_id, r.month, r.campaign_id""",
    # The offer that brings a type's customers most, by how many of them it is the best of.
    "segment_offers": """select segment_id, offer_id, customers, benefit, rank
from (
    select t.segment_id, m.offer_id, count(*) as customers,
        cast(sum(m.net_benefit) as double) / count(*) as benefit,
        row_number() over (partition by t.segment_id order by count(*) desc, m.offer_id) as rank
    from offer_matches m
    join (
        select customer_id, coalesce(segment_id, 'none') as segment_id from customer_types where month = :month
    ) as t on t.customer_id = m.customer_id
    where m.month = :month and m.rank = 1
    group by t.segment_id, m.offer_id
) as ranked
where rank <= 3 order by segment_id, rank""",
    "segment_articles_of_none": """select r.product_id, coalesce(p.name, r.product_id) as name, count(*) as customers
from recommendations r
join customer_types t on t.month = r.month and t.customer_id = r.customer_id
left join products p on p.product_id = r.product_id
where r.month = :month and t.segment_id is null
group by r.product_id, coalesce(p.name, r.product_id) order by customers desc, r.product_id limit 5""",
}
