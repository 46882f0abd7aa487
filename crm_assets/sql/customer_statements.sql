-- The lines of the statements of everybody in payment_habits, from :first_month to :month. Spending that falls under no
-- category is a line of its own without a label, so that the section adds up to the spend.
with customers_told as (
  select * from payment_habits where month = :month
),
income as (
  select i.customer_id, i.kind as label, sum(i.amount) as amount, count(*) as receipts
  from incomes i
  join calendar c on c.date = i.received_on
  where c.month between :first_month and :month
  group by i.customer_id, i.kind
),
spending as (
  select customer_id, category as label, amount, receipts
  from category_spend
  where month = :month
),
uncategorised as (
  select h.customer_id, h.spend - coalesce(sum(s.amount), 0) as amount
  from customers_told h
  left join spending s on s.customer_id = h.customer_id
  group by h.customer_id, h.spend
),
benefit_lines as (
  select
    t.customer_id, t.month, t.receipt_id, t.record_type,
    coalesce(
      case when :lifestyle_category = 'middle' then p.category_middle else p.category_major end,
      case when t.record_type = 'service' then 'partner ' || t.partner_id end
    ) as label,
    try_cast(a.value as decimal(18, 4)) as amount
  from event_attributes a
  join raw_transactions t
    on t.month = a.month and t.customer_id = a.customer_id and t.receipt_id = a.receipt_id
    and t.record_type = a.record_type and t.line_no = a.line_no
  left join products p on p.product_id = t.product_id
  where a.month between :first_month and :month and a.name = 'benefit' and t.record_type in ('product', 'service')
),
benefit_receipts as (
  select customer_id, label, month, receipt_id, record_type, sum(amount) as amount
  from benefit_lines
  where amount > 0
  group by customer_id, label, month, receipt_id, record_type
),
benefit as (
  select customer_id, label, sum(amount) as amount, count(*) as receipts
  from benefit_receipts
  group by customer_id, label
),
amounts as (
  select 'income' as section, 0 as place, customer_id, label, cast(null as varchar) as partner_id, amount, receipts
  from income
  union all
  select 'spending', 0, customer_id, label, null, amount, receipts from spending
  union all
  select 'spending', 1, customer_id, null, null, amount, null from uncategorised where amount > 0
  union all
  select 'benefit', 0, customer_id, label, null, amount, receipts from benefit
),
lines as (
  select
    section, place, customer_id, label, partner_id, amount, receipts,
    cast(amount as double) / nullif(cast(sum(amount) over (partition by section, customer_id) as double), 0) as share
  from amounts
  union all
  select
    'recurring', r.payee, r.customer_id, coalesce(p.name, r.category), r.partner_id, r.amount, r.payments,
    cast(r.amount as double) / cast(h.spend as double)
  from recurring_payments r
  join customers_told h on h.customer_id = r.customer_id
  left join products p on p.product_id = r.product_id
  where r.month = :month
  union all
  select 'habits', 1, customer_id, 'receipts', null, spend, receipts, cast(1 as double) from customers_told
  union all
  select 'habits', 2, customer_id, 'low_value', null, low_value_amount, low_value_receipts, low_value_share
  from customers_told
  union all
  select 'habits', 3, customer_id, 'not_present', null, null, not_present_receipts, not_present_share
  from customers_told
  where presence_receipts > 0
)
select
  :month as month,
  :as_of as as_of,
  l.customer_id,
  l.section,
  row_number() over (
    partition by l.customer_id, l.section order by l.place, l.amount desc, l.label nulls last
  ) as line_no,
  l.label,
  l.partner_id,
  l.amount,
  l.receipts,
  l.share
from lines l
join customers_told h on h.customer_id = l.customer_id
