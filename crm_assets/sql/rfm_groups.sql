-- Size, revenue and means of every group of every scheme. Customers are summed once per cell and grade, which tells all
-- four schemes; sums are of integers and decimals, so exact. rfm_scheme_groups (scheme, group_name, position) and
-- rfm_surprises (scheme, cell) are reference tables. A month without customers has no rows.
with cells as (
  select
    rfm_score, rfm_band, rfm_band_standard11, rfm_grade, rfm_type,
    count(*) as customers,
    sum(recency_days) as recency_days,
    sum(frequency) as frequency,
    sum(visit_days) as visit_days,
    sum(monetary) as revenue
  from rfm_scores
  where month = :month
  group by rfm_score, rfm_band, rfm_band_standard11, rfm_grade, rfm_type
),
placed as (
  select 'rfm_band' as scheme, rfm_band as group_name, rfm_score, customers, recency_days, frequency, visit_days, revenue
  from cells
  union all
  select 'rfm_band_standard11', rfm_band_standard11, rfm_score, customers, recency_days, frequency, visit_days, revenue
  from cells
  union all
  select 'rfm_grade', rfm_grade, rfm_score, customers, recency_days, frequency, visit_days, revenue from cells
  union all
  select 'rfm_type', rfm_type, rfm_score, customers, recency_days, frequency, visit_days, revenue from cells
),
sums as (
  select
    p.scheme,
    p.group_name,
    sum(p.customers) as customers,
    sum(p.recency_days) as recency_days,
    sum(p.frequency) as frequency,
    sum(p.visit_days) as visit_days,
    sum(p.revenue) as revenue,
    sum(case when s.cell is null then 0 else p.customers end) as surprise_customers
  from placed p
  left join rfm_surprises s on s.scheme = p.scheme and s.cell = p.rfm_score
  group by p.scheme, p.group_name
),
everybody as (
  select sum(customers) as customers, sum(revenue) as revenue
  from cells
)
select
  :month as month,
  :as_of as as_of,
  g.scheme,
  g.group_name,
  g.position,
  coalesce(s.customers, 0) as customers,
  cast(coalesce(s.customers, 0) as double) * :sample_weight as estimated_members,
  cast(coalesce(s.customers, 0) as double) / cast(e.customers as double) as customer_share,
  coalesce(s.revenue, 0) as revenue,
  case when e.revenue <> 0 then cast(coalesce(s.revenue, 0) as double) / cast(e.revenue as double) end as revenue_share,
  cast(s.recency_days as double) / s.customers as recency_days_mean,
  cast(s.frequency as double) / s.customers as frequency_mean,
  cast(s.revenue as double) / s.customers as monetary_mean,
  cast(s.visit_days as double) / s.customers as visit_days_mean,
  case when g.promises = 1 then coalesce(s.surprise_customers, 0) end as surprise_customers
from rfm_scheme_groups g
cross join everybody e
left join sums s on s.scheme = g.scheme and s.group_name = g.group_name
where e.customers > 0
