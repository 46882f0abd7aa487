-- What was sold of each product on each day of a month. A line belongs to the day of its receipt, also after midnight.
-- Logarithms are summed as decimals: sums of doubles differ from run to run.
with days as (
  select
    l.product_id,
    r.purchase_date as date,
    count(*) as lines,
    sum(case when l.quantity > 0 and l.amount > 0 then 1 else 0 end) as priced_lines,
    sum(
      case
        when l.quantity > 0 and l.amount > 0
          then cast(ln(cast(l.amount as double) / cast(l.quantity as double)) as decimal(18, 6))
        else 0
      end
    ) as log_unit_price
  from raw_transactions l
  join receipts r on
    r.month = l.month and r.customer_id = l.customer_id and r.receipt_id = l.receipt_id
    and r.record_type = l.record_type
  where l.month = :month and l.record_type = 'product' and l.product_id is not null
  group by l.product_id, r.purchase_date
)
select
  :month as month,
  product_id,
  date,
  lines,
  priced_lines,
  log_unit_price,
  coalesce(
    sum(priced_lines) over (partition by product_id order by date rows between unbounded preceding and 1 preceding), 0
  ) as earlier_priced_lines,
  coalesce(
    sum(log_unit_price) over (partition by product_id order by date rows between unbounded preceding and 1 preceding), 0
  ) as earlier_log_unit_price
from days
