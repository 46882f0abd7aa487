-- How many baskets of rule_hits hold each side of the rules of :rules_month down to
-- :last_rank, beside what those rules said.
with counted as (
  select
    segment_id,
    rank,
    sum(case when side = 'antecedent' then 1 else 0 end) as antecedent_baskets,
    sum(case when side = 'consequent' then 1 else 0 end) as consequent_baskets,
    sum(case when side = 'both' then 1 else 0 end) as baskets
  from rule_hits
  group by segment_id, rank
)
select
  r.segment_id,
  r.segment_name,
  r.rank,
  r.antecedents,
  r.consequents,
  coalesce(g.baskets, 0) as segment_baskets,
  cast(coalesce(c.antecedent_baskets, 0) as bigint) as antecedent_baskets,
  cast(coalesce(c.consequent_baskets, 0) as bigint) as consequent_baskets,
  cast(coalesce(c.baskets, 0) as bigint) as baskets,
  r.confidence as confidence_before,
  r.lift as lift_before
from association_rules r
left join basket_segments g on g.segment_id = r.segment_id
left join counted c on c.segment_id = r.segment_id and c.rank = r.rank
where r.month = :rules_month and r.rank <= :last_rank
order by r.segment_id, r.rank
