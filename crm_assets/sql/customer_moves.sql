-- Customers whose state is another than a month ago (:month_before), with their figures then and now. Amounts as texts:
-- a frame has no decimals, and they go back into the warehouse as they came.
select
  a.customer_id,
  b.state as from_state,
  a.state as to_state,
  b.lifecycle as lifecycle_before,
  a.lifecycle as lifecycle_after,
  rb.recency_days as recency_days_before,
  ra.recency_days as recency_days_after,
  rb.frequency as frequency_before,
  ra.frequency as frequency_after,
  cast(rb.monetary as string) as monetary_before,
  cast(ra.monetary as string) as monetary_after
from customer_types a
join customer_types b on b.customer_id = a.customer_id and b.month = :month_before
left join rfm_scores rb on rb.customer_id = b.customer_id and rb.month = b.month
left join rfm_scores ra on ra.customer_id = a.customer_id and ra.month = a.month
where a.month = :month and a.state <> b.state
order by a.customer_id
