-- What every offer would bring every active customer who is meant by it and spends enough: its benefits under the offer's
-- cap, less a month of its fee. A customer is meant when it has one of the values of every attribute that the offer
-- names, and reaches the minimum of every category and habit that it names. The 0.00001 rounds halves up (offer_worked_parts).
with totals as (
  select customer_id, cast((cast(sum(amount) as double) + 0.00001) / :months_known as decimal(18, 4)) as monthly_spend
  from category_spend
  where month = :month
  group by customer_id
),
met as (
  select x.customer_id, t.offer_id, t.attribute
  from offer_targets t
  join offer_traits x on x.attribute = t.attribute and x.value = t.value
  where t.month = :month and t.attribute not in ('spend', 'habits')
  union all
  select s.customer_id, t.offer_id, 'spend ' || t.value as attribute
  from offer_targets t
  join category_spend s on s.category = t.value and s.month = t.month
  where t.month = :month and t.attribute = 'spend'
    and cast((cast(s.amount as double) + 0.00001) / :months_known as decimal(18, 4)) >= t.minimum
  union all
  select h.customer_id, t.offer_id, 'habits ' || t.value
  from offer_targets t
  join payment_habits h on h.month = t.month
  where t.month = :month and t.attribute = 'habits'
    and case when t.value = 'not_present' then h.not_present_share else h.low_value_share end >= t.minimum
),
met_counts as (
  select customer_id, offer_id, count(distinct attribute) as conditions from met group by customer_id, offer_id
),
needed as (
  select
    offer_id,
    count(distinct case when attribute in ('spend', 'habits') then attribute || ' ' || value else attribute end) as conditions
  from offer_targets
  where month = :month
  group by offer_id
),
benefits as (
  select customer_id, offer_id, cast(sum(after_cap) as decimal(18, 4)) as gross_benefit
  from offer_parts
  group by customer_id, offer_id
),
worked as (
  select
    b.customer_id,
    b.offer_id,
    t.monthly_spend,
    b.gross_benefit,
    case when o.monthly_cap < b.gross_benefit then o.monthly_cap else b.gross_benefit end as capped_benefit,
    cast((cast(o.annual_fee as double) + 0.00001) / 12 as decimal(18, 4)) as monthly_fee
  from benefits b
  join offers o on o.offer_id = b.offer_id and o.month = :month
  join totals t on t.customer_id = b.customer_id
  left join needed n on n.offer_id = b.offer_id
  left join met_counts c on c.offer_id = b.offer_id and c.customer_id = b.customer_id
  where t.monthly_spend >= o.minimum_spend and coalesce(c.conditions, 0) = coalesce(n.conditions, 0)
)
select *, capped_benefit - monthly_fee as net_benefit from worked
