-- Sizes and means of every attribute segment, from the rows that attribute_segments is about to write.
-- `attribute_dimensions` (dimension, kind) lists the dimensions.
with placed as (
  select
    d.dimension,
    d.kind,
    case d.dimension
      when 'demographic' then a.demographic
      when 'geographic' then a.geographic
      when 'psychographic' then a.psychographic
      when 'channel_use' then a.channel_use
      when 'wallet_user' then case a.wallet_user when 1 then 'user' when 0 then 'non_user' end
      when 'usage' then a.usage
      when 'loyalty' then a.loyalty
      when 'purchasing_power' then a.purchasing_power
    end as category,
    s.recency_days,
    s.frequency,
    s.monetary
  from staged_attribute_segments a
  join rfm_scores s on s.customer_id = a.customer_id and s.month = :month
  cross join attribute_dimensions d
),
sizes as (
  select
    dimension, kind, category,
    count(*) as customers,
    sum(recency_days) as recency_days,
    sum(frequency) as frequency,
    sum(monetary) as revenue
  from placed
  where category is not null
  group by dimension, kind, category
),
bases as (
  select dimension, sum(customers) as customers, sum(revenue) as revenue from sizes group by dimension
)
select
  :month as month,
  :as_of as as_of,
  s.dimension,
  s.kind,
  s.category,
  s.customers,
  b.customers as base,
  cast(s.customers as double) / b.customers as customer_share,
  s.revenue,
  case when b.revenue <> 0 then cast(s.revenue as double) / cast(b.revenue as double) end as revenue_share,
  cast(s.recency_days as double) / s.customers as recency_days_mean,
  cast(s.frequency as double) / s.customers as frequency_mean,
  cast(s.revenue as double) / s.customers as monetary_mean
from sizes s
join bases b on b.dimension = s.dimension
