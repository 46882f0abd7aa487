-- The indices as they were used, and the population of each, from the rows that customer_indices is about to write.
with told as (
  select
    index_id,
    population_group,
    count(*) as customers,
    max(population_share) as population_share,
    cast(sum(cast(score as decimal(18, 9))) as double) / count(*) as score_mean,
    sum(case when evident and index_pp > 0 then 1 else 0 end) as evident_above,
    sum(case when evident and index_pp < 0 then 1 else 0 end) as evident_below
  from staged_customer_indices
  group by index_id, population_group
),
left_out as (
  select
    index_id,
    sum(case when is_enough = 0 then 1 else 0 end) as few,
    sum(case when is_enough = 1 and population_group is null then 1 else 0 end) as ungrouped
  from index_counts
  group by index_id
)
select
  :month as month,
  :as_of as as_of,
  d.index_id,
  coalesce(t.population_group, 'all') as population_group,
  d.place,
  d.kind,
  d.title_ko,
  d.title_en,
  d.reads,
  d.attribute,
  d.counted,
  d.population,
  d.min_events,
  d.first_month,
  coalesce(t.customers, 0) as customers,
  coalesce(o.few, 0) as customers_few,
  coalesce(o.ungrouped, 0) as customers_ungrouped,
  t.population_share,
  t.score_mean,
  coalesce(t.evident_above, 0) as evident_above,
  coalesce(t.evident_below, 0) as evident_below
from index_described d
left join told t on t.index_id = d.index_id
left join left_out o on o.index_id = d.index_id
