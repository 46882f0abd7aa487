-- Which strategies fit whom: a customer fits when it has one of the values of every trait that the strategy names. It
-- has one value of a trait at most (`customer_traits`, made of strategy_traits.sql), so the traits that fit are counted.
with asked as (
  select strategy_id, count(distinct trait) as traits
  from strategy_conditions
  where month = :month
  group by strategy_id
),
matched as (
  select t.customer_id, c.strategy_id, count(*) as traits
  from strategy_conditions c
  join customer_traits t on t.trait = c.trait and t.value = c.value
  where c.month = :month
  group by t.customer_id, c.strategy_id
)
select
  :month as month,
  :as_of as as_of,
  m.customer_id,
  m.strategy_id,
  row_number() over (partition by m.customer_id order by s.place) as rank,
  s.goal,
  row_number() over (partition by m.customer_id, s.goal order by s.place) as goal_rank,
  k.segment_id,
  r.rfm_band
from matched m
join asked a on a.strategy_id = m.strategy_id and a.traits = m.traits
join strategies s on s.strategy_id = m.strategy_id and s.month = :month
join customer_types k on k.customer_id = m.customer_id and k.month = :month
left join rfm_scores r on r.customer_id = m.customer_id and r.month = :month
