-- Cells of type and band. `hybrid_evidence` (by cell: effects and adjusted p values of revenue and retention) holds the
-- tests. Retention looks from a month ago: the band of today knows who has just bought, that of a month ago does not.
-- A cell is small up to :hybrid_max_share of the customers (for retention: and was a month ago); it is valuable when
-- its effect is above the others', with an adjusted p below :max_p, and for revenue also at :hybrid_revenue_factor
-- times its share.
with members as (
  select a.segment_id, a.segment_name, s.rfm_band, s.recency_days, s.frequency, s.monetary, a.customer_id
  from cluster_assignments a
  join rfm_scores s on s.customer_id = a.customer_id and s.month = :month
  where a.month = :month
),
members_before as (
  select a.segment_id, s.rfm_band, a.customer_id
  from cluster_assignments a
  join rfm_scores s on s.customer_id = a.customer_id and s.month = :month_before
  where a.month = :month_before
),
buyers as (
  select distinct customer_id from receipts where month = :month
),
cells as (
  select
    m.segment_id, m.segment_name, m.rfm_band,
    count(*) as customers,
    sum(m.monetary) as revenue,
    sum(m.recency_days) as recency_days,
    sum(m.frequency) as frequency,
    count(b.customer_id) as buyers
  from members m
  left join buyers b on b.customer_id = m.customer_id
  group by m.segment_id, m.segment_name, m.rfm_band
),
cells_before as (
  select m.segment_id, m.rfm_band, count(*) as customers, count(b.customer_id) as buyers
  from members_before m
  left join buyers b on b.customer_id = m.customer_id
  group by m.segment_id, m.rfm_band
),
measured as (
  select
    c.*,
    cast(c.customers as double) / w.customers as customer_share,
    case when w.revenue <> 0 then cast(c.revenue as double) / cast(w.revenue as double) end as revenue_share,
    o.customers as customers_before,
    o.buyers as retained,
    cast(o.customers as double) / v.customers as share_before,
    e.effect, e.p_adjusted, e.retention_others, e.retention_effect, e.retention_p_adjusted
  from cells c
  cross join (select sum(customers) as customers, sum(revenue) as revenue from cells) w
  cross join (select sum(customers) as customers from cells_before) v
  left join cells_before o on o.segment_id = c.segment_id and o.rfm_band = c.rfm_band
  left join hybrid_evidence e on e.segment_id = c.segment_id and e.rfm_band = c.rfm_band
),
judged as (
  select
    m.*,
    case
      when customer_share <= :hybrid_max_share and revenue_share >= :hybrid_revenue_factor * customer_share
        and p_adjusted < :max_p and effect >= :min_delta
      then 1 else 0
    end as in_revenue,
    case
      when customer_share <= :hybrid_max_share and share_before <= :hybrid_max_share
        and retention_p_adjusted < :max_p and retention_effect >= :min_h
      then 1 else 0
    end as in_retention
  from measured m
)
select
  :month as month,
  :as_of as as_of,
  segment_id,
  segment_name,
  rfm_band,
  customers,
  customer_share,
  revenue,
  revenue_share,
  cast(recency_days as double) / customers as recency_days_mean,
  cast(frequency as double) / customers as frequency_mean,
  cast(revenue as double) / customers as monetary_mean,
  buyers as buyers_in_month,
  effect,
  p_adjusted,
  customers_before,
  retained,
  cast(retained as double) / customers_before as retention,
  retention_others,
  retention_effect,
  retention_p_adjusted,
  case
    when in_revenue = 1 and in_retention = 1 then 'both'
    when in_revenue = 1 then 'revenue'
    when in_retention = 1 then 'retention'
  end as small_valuable
from judged
