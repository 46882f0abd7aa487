-- How every customer paid from :first_month to :month. A receipt is of low value below :low_value_amount, which by
-- default is a quarter of the median of all receipts. Whether the card was present is told by the line's attribute, else
-- by its channel; a receipt with one line paid without it counts.
with lines as (
  select
    t.customer_id, t.month, t.receipt_id, t.record_type, t.amount,
    case
      when a.value = 'no' then 1
      when a.value = 'yes' then 0
      when t.channel = 'online' then 1
      when t.channel = 'offline' then 0
    end as not_present
  from raw_transactions t
  left join event_attributes a
    on a.month = t.month and a.customer_id = t.customer_id and a.receipt_id = t.receipt_id
    and a.record_type = t.record_type and a.line_no = t.line_no and a.name = 'card_present'
  where t.month between :first_month and :month and t.record_type in ('product', 'service') and t.amount > 0
),
bought as (
  select customer_id, month, receipt_id, record_type, sum(amount) as amount, max(not_present) as not_present
  from lines
  group by customer_id, month, receipt_id, record_type
),
ranked as (
  select amount, row_number() over (order by amount) as place, count(*) over () as receipts
  from bought
),
-- The one in the middle, or both of them: half their sum is the median, an eighth a quarter of it; 0.00001 rounds halves
-- up (offer_worked_parts).
middle as (
  select min(amount) + max(amount) as both_amounts
  from ranked
  where place * 2 between receipts and receipts + 2
),
low as (
  select
    coalesce(
      cast(:low_value_amount as decimal(18, 4)), cast((cast(both_amounts as double) + 0.00001) / 8 as decimal(18, 4))
    ) as low_value_amount
  from middle
),
-- No join with the one row of `low`: where no line has an attribute DuckDB 2.0 found no amount below it, a wrong
-- conclusion from statistics (disabled_optimizers = 'statistics_propagation' found them).
priced as (
  select b.*, (select low_value_amount from low) as low_value_amount
  from bought b
),
counted as (
  select
    b.customer_id,
    max(b.low_value_amount) as low_value_amount,
    count(*) as receipts,
    sum(case when b.amount < b.low_value_amount then 1 else 0 end) as low_value_receipts,
    count(b.not_present) as known_receipts,
    sum(b.not_present) as not_present_receipts
  from priced b
  group by b.customer_id
),
recurring as (
  select customer_id, count(*) as payees, sum(payments) as payments, sum(amount) as amount
  from staged_recurring_payments
  group by customer_id
)
select
  :month as month,
  :as_of as as_of,
  c.customer_id,
  c.receipts,
  c.low_value_amount,
  c.low_value_receipts,
  cast(c.low_value_receipts as double) / c.receipts as low_value_share,
  c.known_receipts,
  c.not_present_receipts,
  cast(c.not_present_receipts as double) / nullif(c.known_receipts, 0) as not_present_share,
  coalesce(r.payees, 0) as recurring_payees,
  coalesce(r.payments, 0) as recurring_payments,
  coalesce(r.amount, 0) as recurring_amount
from counted c
left join recurring r on r.customer_id = c.customer_id
