-- Who stood where a month ago (:month_before) and stands where now (:month), by type and by band; and the new customers
-- of a month ago by the type that was predicted for them. Customers are laid side by side first, then counted.
with side_by_side as (
  select
    a.customer_id,
    b.customer_id as known_before,
    b.state as state_before,
    a.state as state_after,
    b.segment_id as type_before,
    rb.rfm_band as band_before,
    ra.rfm_band as band_after,
    rb.monetary as monetary_before,
    ra.monetary as monetary_after,
    case when rb.customer_id is not null and ra.customer_id is not null then 1 else 0 end as measured,
    ra.recency_days - rb.recency_days as recency_days_change,
    ra.frequency - rb.frequency as frequency_change,
    ra.monetary - rb.monetary as monetary_change
  from customer_types a
  left join customer_types b on b.customer_id = a.customer_id and b.month = :month_before
  left join rfm_scores rb on rb.customer_id = b.customer_id and rb.month = b.month
  left join rfm_scores ra on ra.customer_id = a.customer_id and ra.month = a.month
  where a.month = :month
),
purchases as (
  select customer_id, sum(amount) as amount
  from receipts
  where month = :month
  group by customer_id
),
moves as (
  select
    s.*,
    case when p.customer_id is null then 0 else 1 end as bought,
    coalesce(p.amount, 0) as revenue_month
  from side_by_side s
  left join purchases p on p.customer_id = s.customer_id
),
by_scheme as (
  select 'type' as scheme, coalesce(state_before, 'first_purchase') as from_state, state_after as to_state, m.*
  from moves m
  union all
  select
    'rfm_band' as scheme,
    case when known_before is null then 'first_purchase' else coalesce(band_before, 'lapsed') end as from_state,
    coalesce(band_after, 'lapsed') as to_state,
    m.*
  from moves m
  union all
  select 'predicted_type' as scheme, coalesce(type_before, 'unpredicted') as from_state, state_after as to_state, m.*
  from moves m
  where state_before = 'new'
),
counted as (
  select
    scheme,
    from_state,
    to_state,
    count(*) as customers,
    coalesce(sum(monetary_before), 0) as revenue_before,
    coalesce(sum(monetary_after), 0) as revenue_after,
    sum(bought) as bought,
    sum(revenue_month) as revenue_month,
    sum(measured) as measured,
    cast(sum(recency_days_change) as double) as recency_days_change,
    cast(sum(frequency_change) as double) as frequency_change,
    cast(sum(monetary_change) as double) as monetary_change
  from by_scheme
  group by scheme, from_state, to_state
),
models as (
  select
    case when count(*) = 0 or (count(*) = 2 and min(sha256) = max(sha256)) then 0 else 1 end as model_changed
  from cluster_models
  where month = :month_before or month = :month
)
select
  :month as month,
  :as_of as as_of,
  c.scheme,
  c.from_state,
  c.to_state,
  c.customers,
  cast(c.customers as double) / sum(c.customers) over (partition by c.scheme, c.from_state) as share_of_from,
  cast(c.customers as double) / sum(c.customers) over (partition by c.scheme, c.to_state) as share_of_to,
  c.revenue_before,
  c.revenue_after,
  c.bought,
  c.revenue_month,
  c.measured,
  c.recency_days_change / nullif(c.measured, 0) as recency_days_change,
  c.frequency_change / nullif(c.measured, 0) as frequency_change,
  c.monetary_change / nullif(c.measured, 0) as monetary_change,
  m.model_changed
from counted c
cross join models m
