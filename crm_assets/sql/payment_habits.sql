-- How a customer pays, from :first_month to :month. Below a quarter of the median receipt of all customers a receipt is
-- small, unless :low_value_amount says otherwise; the median of an even number is the mean of the middle two.
with bought as (
  select customer_id, month, receipt_id, record_type, channel, amount
  from receipts
  where month between :first_month and :month and record_type in ('product', 'service') and amount > 0
),
placed as (
  select amount, row_number() over (order by amount) as place, count(*) over () as receipts
  from bought
),
threshold as (
  select
    coalesce(
      cast(:low_value_amount as decimal(18, 4)),
      cast(cast(sum(amount) as double) / count(*) / 4 as decimal(18, 4))
    ) as low_value_amount
  from placed
  where 2 * place between receipts and receipts + 2
),
presence as (
  select month, customer_id, receipt_id, record_type, max(case when value = 'no' then 1 else 0 end) as not_present
  from event_attributes
  where month between :first_month and :month and name = 'card_present'
  group by month, customer_id, receipt_id, record_type
),
marks as (select count(*) as n from presence),
told as (
  select
    b.customer_id, b.amount, t.low_value_amount,
    case when b.amount < t.low_value_amount then 1 else 0 end as low_value,
    case
      when k.n > 0 then p.not_present
      when b.channel = 'online' then 1
      when b.channel = 'offline' then 0
    end as not_present
  from bought b
  cross join threshold t
  cross join marks k
  left join presence p
    on p.month = b.month and p.customer_id = b.customer_id and p.receipt_id = b.receipt_id
    and p.record_type = b.record_type
),
counted as (
  select
    customer_id,
    count(*) as receipts,
    sum(amount) as spend,
    max(low_value_amount) as low_value_amount,
    sum(low_value) as low_value_receipts,
    count(not_present) as presence_receipts,
    sum(not_present) as not_present_receipts
  from told
  group by customer_id
),
recurring as (
  select
    customer_id, count(*) as payees, sum(amount) as amount, cast(sum(monthly_amount) as decimal(18, 4)) as monthly_amount
  from staged_recurring_payments
  group by customer_id
)
select
  :month as month,
  :as_of as as_of,
  c.customer_id,
  c.receipts,
  c.spend,
  c.low_value_amount,
  c.low_value_receipts,
  cast(c.low_value_receipts as double) / c.receipts as low_value_share,
  c.presence_receipts,
  c.not_present_receipts,
  cast(c.not_present_receipts as double) / nullif(c.presence_receipts, 0) as not_present_share,
  coalesce(r.payees, 0) as recurring_payees,
  coalesce(r.monthly_amount, 0) as recurring_amount,
  coalesce(cast(r.amount as double) / cast(c.spend as double), 0) as recurring_share
from counted c
left join recurring r on r.customer_id = c.customer_id
