-- What export_checks compares: customers or receipts by bin, in the month before and in the month. The bins of a number
-- are cut by the month before: equal values lie in one bin, an edge closes the bin below it, as in a stability profile.
with fits as (
  -- Two models cut customers in two ways: types are compared only where both months have them by the same one.
  select count(distinct fitted_as_of) as models
  from cluster_models
  where month = :month or month = :month_before
),
typed as (
  select c.month, c.segment_id as bin, count(*) as n
  from cluster_assignments c
  cross join fits f
  where (c.month = :month or c.month = :month_before) and f.models = 1
  group by c.month, c.segment_id
),
numbers as (
  select 'recency' as name, 5 as bins, month, cast(recency_days as decimal(18,4)) as value, count(*) as n
  from rfm_scores
  where month = :month or month = :month_before
  group by month, recency_days
  union all
  select 'receipt_amounts', 10, month, cast(amount as decimal(18,4)), count(*)
  from receipts
  where month = :month or month = :month_before
  group by month, amount
),
counted as (
  select
    name, bins, value, n,
    sum(n) over (partition by name order by value rows between unbounded preceding and current row) as up_to,
    sum(n) over (partition by name) as total
  from numbers
  where month = :month_before
),
edges as (
  -- The values at which another share of all is reached; the highest value closes no bin.
  select name, value as edge
  from counted
  where floor(cast(up_to as double) * bins / total) > floor(cast(up_to - n as double) * bins / total) and up_to < total
),
binned as (
  select v.name, v.month, v.value, v.n, count(e.edge) as bin, max(e.edge) as above
  from numbers v
  left join edges e on e.name = v.name and e.edge < v.value
  group by v.name, v.month, v.value, v.n
),
every as (
  select 'type_shares' as name, month, bin, n from typed
  union all
  select
    name, month,
    case when above is null then 'least' else concat('above ', cast(cast(above as double) as string)) end as bin,
    n
  from binned
)
select
  name,
  bin,
  cast(sum(case when month = :month_before then n else 0 end) as bigint) as n_before,
  cast(sum(case when month = :month then n else 0 end) as bigint) as n_now
from every
group by name, bin
order by name, bin
