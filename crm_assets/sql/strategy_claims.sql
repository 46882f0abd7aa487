-- The claims about types that speak for a strategy: those that it names, allowed, and in the direction that it names.
select
  e.strategy_id, c.segment_id,
  c.measure, c.category, c.direction, c.unit, c.value, c.value_others, c.effect, c.effect_kind, c.p_adjusted
from strategy_evidence e
join segment_claims c
  on c.month = e.month and c.measure = e.measure and c.category = e.category and c.direction = e.direction
where e.month = :month and c.allowed
order by e.strategy_id, c.segment_id, c.rank
