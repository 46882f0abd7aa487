-- A row per customer and index: the share of events, less the population's, in %p; its place in the population; whether
-- the difference is evident (index_tests); the label of the threshold that is met, where it is. Of a model's index the
-- score on 0-100 and the label of its threshold: a model's answer is an estimate, and no test is made of it.
with own as (
  select
    n.index_id, n.customer_id, n.population_group, n.events, n.receipts, n.share,
    p.mean_share,
    round((n.share - p.mean_share) * 100, 9) as index_pp,
    100 * (
      cast(rank() over (partition by n.index_id, n.population_group order by n.share) - 1 as double)
      + cast(count(*) over (partition by n.index_id, n.population_group, n.share) as double) / 2
    ) / p.customers as percentile,
    e.p_value
  from index_counts n
  join index_populations p on p.index_id = n.index_id and p.population_group = n.population_group
  join index_outcomes o on o.index_id = n.index_id and o.customer_id = n.customer_id
  join index_tests e
    on e.index_id = o.index_id and e.population_group = o.population_group
    and e.trials = o.trials and e.successes = o.successes and e.side = o.side
  where n.is_enough = 1
),
answers as (
  select
    v.index_id, v.customer_id, i.scale, i.direction,
    case i.direction when 'reversed' then -v.value else v.value end as value
  from index_model_values v
  join index_models i on i.index_id = v.index_id
),
ranked as (
  select
    a.index_id, a.customer_id, a.scale, a.direction, a.value,
    100 * (
      cast(rank() over (partition by a.index_id order by a.value) - 1 as double)
      + cast(count(*) over (partition by a.index_id, a.value) as double) / 2
    ) / count(*) over (partition by a.index_id) as percentile
  from answers a
),
scored as (
  select
    index_id, customer_id, percentile,
    round(
      case
        when scale = 'percentile' then percentile
        when direction = 'reversed' then 100 + 100 * value
        else 100 * value
      end,
      9
    ) as score
  from ranked
),
together as (
  select
    index_id, customer_id, population_group, events, receipts, share, mean_share as population_share, index_pp,
    cast(null as double) as score, percentile, p_value, p_value < :fdr as evident,
    case when p_value < :fdr then index_pp end as labelled_by
  from own
  union all
  select
    index_id, customer_id, 'all', null, null, null, null, null, score, percentile, null, null, score as labelled_by
  from scored
)
select
  :month as month,
  :as_of as as_of,
  t.index_id,
  t.customer_id,
  t.population_group,
  t.events,
  t.receipts,
  t.share,
  t.population_share,
  t.index_pp,
  t.score,
  t.percentile,
  t.p_value,
  t.evident,
  l.label_id,
  l.label
from together t
left join index_label_ranges l
  on l.index_id = t.index_id
  and (
    (l.side = 'high' and t.labelled_by >= l.lower_end and t.labelled_by < l.upper_end)
    or (l.side = 'low' and t.labelled_by > l.lower_end and t.labelled_by <= l.upper_end)
  )
