-- What to do with whom, by type and band. Peak hours are the three in a row with most of the type's receipts, of
-- several the earliest; they are counted in receipts, so that equal ones are equal. `strategy_quotes` (strategy_id,
-- segment_id, evidence) holds what speaks for a strategy.
with cells as (
  select coalesce(t.segment_id, :no_type) as segment_id, coalesce(r.rfm_band, :no_band) as rfm_band, count(*) as customers
  from customer_types t
  left join rfm_scores r on r.customer_id = t.customer_id and r.month = :month
  where t.month = :month
  group by coalesce(t.segment_id, :no_type), coalesce(r.rfm_band, :no_band)
),
fitting as (
  select
    coalesce(segment_id, :no_type) as segment_id, coalesce(rfm_band, :no_band) as rfm_band, strategy_id,
    count(*) as customers
  from customer_strategies
  where month = :month
  group by coalesce(segment_id, :no_type), coalesce(rfm_band, :no_band), strategy_id
),
hours as (
  select segment_id, cast(category as bigint) as hour, cast(round(value * base) as bigint) as receipts, base
  from segment_profiles
  where month = :month and measure = 'purchase_hour'
),
starts as (
  select distinct h.segment_id, h.hour - d.back as hour_from
  from hours h
  cross join (select 0 as back union all select 1 union all select 2) d
  where h.hour - d.back between 0 and 21
),
spans as (
  select s.segment_id, s.hour_from, sum(h.receipts) as receipts, max(h.base) as base
  from starts s
  join hours h on h.segment_id = s.segment_id and h.hour between s.hour_from and s.hour_from + 2
  group by s.segment_id, s.hour_from
),
peaks as (
  select
    segment_id, hour_from, receipts, base,
    row_number() over (partition by segment_id order by receipts desc, hour_from) as place
  from spans
)
select
  :month as month,
  :as_of as as_of,
  f.segment_id,
  f.rfm_band,
  f.strategy_id,
  row_number() over (partition by f.segment_id, f.rfm_band order by s.place) as rank,
  f.customers,
  c.customers as of_customers,
  p.hour_from as peak_hour_from,
  p.hour_from + 2 as peak_hour_to,
  cast(p.receipts as double) / p.base as peak_share,
  coalesce(q.evidence, '[]') as evidence
from fitting f
join cells c on c.segment_id = f.segment_id and c.rfm_band = f.rfm_band
join strategies s on s.strategy_id = f.strategy_id and s.month = :month
left join peaks p on p.segment_id = f.segment_id and p.place = 1 and s.at_peak_hours
left join strategy_quotes q on q.strategy_id = f.strategy_id and q.segment_id = f.segment_id
