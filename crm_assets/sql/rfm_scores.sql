-- R, F and M of every customer with a receipt in the window, and their tie-safe quintiles:
-- score = 1 + floor(5 * (min_rank - 1) / n), ranked from worst to best, so that equal values get equal scores.
-- The grade's letters are H at or above the median. A value is there when more than half of all customers are no
-- better: the count of customers up to it, its equals with it (a window's default frame), is at least floor(n / 2) + 1.
-- Of an even n the median lies between the two middle values, and nobody does: at or above it is at or above the upper
-- one. Bands and types are the cell's (rfm_cells, a reference table); who has no type by cell keeps the grade.
with purchases as (
  select customer_id, receipt_id, record_type, purchase_date, amount
  from receipts
  where month >= :window_start and month <= :month
),
-- Cancellations of the window, for the policy that nets them (:returns = 'netted'); their amounts are below 0.
returned as (
  select customer_id, sum(amount) as amount
  from raw_transactions
  where :returns = 'netted' and month >= :window_start and month <= :month and record_type = 'return'
  group by customer_id
),
customers_in_window as (
  select
    p.customer_id,
    max(c.day_number) as last_day_number,
    count(*) as frequency,
    count(distinct p.purchase_date) as visit_days,
    sum(p.amount) as monetary
  from purchases p
  join calendar c on c.date = p.purchase_date
  group by p.customer_id
),
measured as (
  select
    w.customer_id,
    a.day_number - w.last_day_number as recency_days,
    w.last_day_number - s.day_number as recency_from_start_days,
    w.frequency,
    w.visit_days,
    case when w.monetary + coalesce(r.amount, 0) < 0 then 0 else w.monetary + coalesce(r.amount, 0) end as monetary
  from customers_in_window w
  left join returned r on r.customer_id = w.customer_id
  cross join (select day_number from calendar where date = :as_of) a
  cross join (select day_number from calendar where date = :history_start) s
),
ranked as (
  select
    m.*,
    rank() over (order by recency_days desc) as r_rank,
    rank() over (order by frequency) as f_rank,
    rank() over (order by monetary) as m_rank,
    count(*) over (order by recency_days desc) as r_no_better,
    count(*) over (order by frequency) as f_no_better,
    count(*) over (order by monetary) as m_no_better,
    count(*) over () as customers
  from measured m
),
scored as (
  select
    customer_id, recency_days, recency_from_start_days, frequency, visit_days, monetary,
    1 + cast(floor(cast(5 * (r_rank - 1) as double) / customers) as bigint) as r_score,
    1 + cast(floor(cast(5 * (f_rank - 1) as double) / customers) as bigint) as f_score,
    1 + cast(floor(cast(5 * (m_rank - 1) as double) / customers) as bigint) as m_score,
    concat(
      case when 2 * r_no_better > customers then 'H' else 'L' end,
      case when 2 * f_no_better > customers then 'H' else 'L' end,
      case when 2 * m_no_better > customers then 'H' else 'L' end
    ) as rfm_grade
  from ranked
)
select
  :month as month,
  :as_of as as_of,
  s.customer_id,
  s.recency_days,
  s.recency_from_start_days,
  s.frequency,
  s.visit_days,
  s.monetary,
  s.r_score,
  s.f_score,
  s.m_score,
  100 * s.r_score + 10 * s.f_score + s.m_score as rfm_score,
  c.rfm_band,
  c.rfm_band_standard11,
  s.rfm_grade,
  coalesce(c.rfm_type, s.rfm_grade) as rfm_type
from scored s
left join rfm_cells c on c.cell = 100 * s.r_score + 10 * s.f_score + s.m_score
