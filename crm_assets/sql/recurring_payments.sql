-- Payees (partner and product together) that a customer pays again and again, from :first_month to :month. Either a
-- payment is told to be recurring by the source, and then only such payments of the payee count; or the payee is paid in
-- each of :lifestyle_months months, at most :recurring_most_a_month times, and no payment lies further from their mean
-- than :recurring_tolerance of it. A single month shows no rhythm. What was paid neither in :month nor in the one before
-- has ended. The 0.00001 rounds halves up (offer_worked_parts).
with lines as (
  select
    t.customer_id, t.partner_id, t.product_id, t.month, t.receipt_id, t.record_type, t.purchased_at, t.amount,
    case when a.value = 'yes' then 1 else 0 end as told
  from raw_transactions t
  left join event_attributes a
    on a.month = t.month and a.customer_id = t.customer_id and a.receipt_id = t.receipt_id
    and a.record_type = t.record_type and a.line_no = t.line_no and a.name = 'recurring'
  where t.month between :first_month and :month and t.record_type in ('product', 'service') and t.amount > 0
    and (t.partner_id is not null or t.product_id is not null)
),
payments as (
  select
    customer_id, partner_id, product_id, month, receipt_id, record_type,
    max(told) as told,
    sum(amount) as amount,
    cast(max(purchased_at) as date) as paid_on
  from lines
  group by customer_id, partner_id, product_id, month, receipt_id, record_type
),
monthly as (
  select
    customer_id, partner_id, product_id, month,
    count(*) as payments,
    sum(amount) as amount,
    min(amount) as smallest,
    max(amount) as largest,
    max(paid_on) as paid_on,
    sum(told) as told,
    sum(case when told = 1 then amount else 0 end) as told_amount,
    max(case when told = 1 then paid_on end) as told_on
  from payments
  group by customer_id, partner_id, product_id, month
),
payees as (
  select
    customer_id, partner_id, product_id,
    count(*) as months,
    sum(payments) as payments,
    max(payments) as most_a_month,
    sum(amount) as amount,
    min(smallest) as smallest,
    max(largest) as largest,
    max(paid_on) as paid_on,
    sum(told) as told,
    sum(case when told > 0 then 1 else 0 end) as told_months,
    sum(told_amount) as told_amount,
    max(told_on) as told_on
  from monthly
  group by customer_id, partner_id, product_id
),
found as (
  select
    customer_id, partner_id, product_id,
    case when told > 0 then 'source' else 'rhythm' end as told_by,
    case when told > 0 then told_months else months end as months,
    case when told > 0 then told else payments end as payments,
    case when told > 0 then told_amount else amount end as amount,
    case when told > 0 then told_on else paid_on end as last_paid_on
  from payees
  where (told > 0 and told_on >= :month_before) or (
    told = 0 and :lifestyle_months > 1 and months = :lifestyle_months and most_a_month <= :recurring_most_a_month
    and smallest * cast(payments as bigint) >= amount * cast(1 - :recurring_tolerance as decimal(9, 6))
    and largest * cast(payments as bigint) <= amount * cast(1 + :recurring_tolerance as decimal(9, 6))
  )
),
costing as (
  select
    f.customer_id, f.partner_id, f.product_id, f.told_by, f.months, f.payments, f.last_paid_on,
    cast((cast(f.amount as double) + 0.00001) / f.months as decimal(18, 4)) as amount,
    coalesce(
      case when :lifestyle_category = 'middle' then p.category_middle else p.category_major end,
      case when f.product_id is null then 'partner ' || f.partner_id end
    ) as category
  from found f
  left join products p on p.product_id = f.product_id
)
select
  :month as month,
  :as_of as as_of,
  customer_id,
  row_number() over (
    partition by customer_id order by amount desc, partner_id nulls last, product_id nulls last
  ) as payee_no,
  partner_id, product_id, category, amount, payments, months, last_paid_on, told_by
from costing
