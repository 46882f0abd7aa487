-- What is known on :as_of of every customer of the window. The last receipt is the latest in time, then the larger, then
-- the one whose number sorts last, so that the same receipts give the same row.
with placed as (
  select
    r.customer_id,
    r.amount,
    r.lines,
    r.quantity,
    a.day_number - c.day_number as days_ago,
    row_number() over (
      partition by r.customer_id order by r.purchased_at desc, r.amount desc, r.receipt_id desc, r.record_type desc
    ) as place
  from receipts r
  join calendar c on c.date = r.purchase_date
  cross join (select day_number from calendar where date = :as_of) a
  where r.month between :window_start and :month
),
summed as (
  select
    customer_id,
    sum(case when days_ago < 30 then 1 else 0 end) as receipts_30,
    sum(case when days_ago < 60 then 1 else 0 end) as receipts_60,
    sum(case when days_ago < 90 then 1 else 0 end) as receipts_90,
    cast(sum(amount) as double) / count(*) as receipt_amount_mean,
    cast(sum(lines) as double) / count(*) as receipt_lines_mean,
    cast(sum(case when quantity > 0 then amount end) as double)
      / cast(nullif(sum(case when quantity > 0 then quantity end), 0) as double) as unit_amount,
    max(case when place = 1 then amount end) as last_receipt_amount,
    max(case when place = 1 then lines end) as last_receipt_lines
  from placed
  group by customer_id
)
select
  :month as month,
  :as_of as as_of,
  s.customer_id,
  s.rfm_grade,
  s.recency_days,
  s.frequency,
  s.visit_days,
  s.monetary,
  p.age_days,
  k.churn_risk as lateness,
  p.p_alive,
  p.horizon_days,
  p.p_silent,
  f.receipts_30,
  f.receipts_60,
  f.receipts_90,
  f.receipt_amount_mean,
  f.receipt_lines_mean,
  f.unit_amount,
  f.last_receipt_amount,
  f.last_receipt_lines
from rfm_scores s
join summed f on f.customer_id = s.customer_id
join churn_risk k on k.customer_id = s.customer_id and k.month = s.month
join alive_probabilities p on p.customer_id = s.customer_id and p.month = s.month
where s.month = :month
