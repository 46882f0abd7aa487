-- The lines of every active customer's statement, from :first_month to :as_of. Benefits are numbers of the attribute
-- `benefit`; a text that is none is left out.
with active as (
  select distinct customer_id from category_spend where month = :month
),
income as (
  select i.customer_id, 'income' as section, i.kind as label, sum(i.amount) as amount, count(*) as receipts
  from incomes i
  join active a on a.customer_id = i.customer_id
  where i.received_on between :first_month and :as_of
  group by i.customer_id, i.kind
),
spending as (
  select customer_id, 'spending' as section, category as label, amount, receipts
  from category_spend
  where month = :month
),
benefit_lines as (
  select
    t.customer_id, t.month, t.receipt_id, t.record_type,
    coalesce(
      case when :lifestyle_category = 'middle' then p.category_middle else p.category_major end,
      case when t.record_type = 'service' then 'partner ' || t.partner_id end,
      'other'
    ) as label,
    cast(nullif(regexp_extract(e.value, '^[0-9]{1,12}([.][0-9]+)?$', 0), '') as decimal(18, 4)) as amount
  from event_attributes e
  join raw_transactions t
    on t.month = e.month and t.customer_id = e.customer_id and t.receipt_id = e.receipt_id
    and t.record_type = e.record_type and t.line_no = e.line_no
  join active a on a.customer_id = t.customer_id
  left join products p on p.product_id = t.product_id
  where e.name = 'benefit' and e.month between :first_month and :month and t.month between :first_month and :month
    and t.record_type in ('product', 'service')
),
benefit_receipts as (
  select customer_id, label, month, receipt_id, record_type, sum(amount) as amount
  from benefit_lines
  where amount > 0
  group by customer_id, label, month, receipt_id, record_type
),
benefit as (
  select customer_id, 'benefit' as section, label, sum(amount) as amount, count(*) as receipts
  from benefit_receipts
  group by customer_id, label
),
summed as (
  select customer_id, section, label, amount, receipts from income
  union all
  select customer_id, section, label, amount, receipts from spending
  union all
  select customer_id, section, label, amount, receipts from benefit
),
totals as (
  select customer_id, section, sum(amount) as amount from summed group by customer_id, section
),
placed as (
  select
    s.customer_id, s.section,
    row_number() over (partition by s.customer_id, s.section order by s.amount desc, s.label) as line_no,
    s.label, s.amount, s.receipts,
    cast(s.amount as double) / nullif(cast(t.amount as double), 0) as share
  from summed s
  join totals t on t.customer_id = s.customer_id and t.section = s.section
),
paying as (
  select h.*
  from payment_habits h
  join active a on a.customer_id = h.customer_id
  where h.month = :month
),
habits as (
  select customer_id, 1 as line_no, 'receipts' as label, null as amount, receipts, null as share
  from paying
  union all
  select customer_id, 2, 'low_value', low_value_amount, low_value_receipts, low_value_share from paying
  union all
  select customer_id, 3, 'not_present', null, not_present_receipts, not_present_share
  from paying
  where not_present_receipts is not null
  union all
  select customer_id, 4, 'recurring', recurring_amount, recurring_payments, cast(null as double) from paying
),
lines as (
  select customer_id, section, line_no, label, amount, receipts, share from placed
  union all
  select customer_id, 'habits', line_no, label, amount, receipts, share from habits
  union all
  select
    r.customer_id, 'recurring', r.payee_no, coalesce(r.category, r.product_id, 'partner ' || r.partner_id), r.amount,
    r.payments, null
  from recurring_payments r
  join active a on a.customer_id = r.customer_id
  where r.month = :month
)
select :month as month, :as_of as as_of, :first_month as first_month, l.*
from lines l
