-- What the types are like in the window, one row per type, measure and category. Receipts and lines are counted by
-- customer or in small cells first, then for the type and for 'all'. Sums are of integers and decimals, so exact.
-- A share's base is what it is a share of: the customers or receipts whose category is known; a category that any type
-- shows has a row, zero if need be, in every type that knows some. A share of money has the type's customers as base.
with window_receipts as (
  select customer_id, channel, purchase_hour, purchase_date
  from receipts
  where month between :window_start and :month
),
channels as (
  select customer_id, case when min(channel) < max(channel) then 'both' else min(channel) end as channel_use
  from window_receipts
  group by customer_id
),
wallet_users as (
  select distinct customer_id
  from raw_transactions
  where month between :window_start and :month and record_type = 'wallet'
),
category_spend as (
  select t.customer_id, p.category_major, sum(t.amount) as amount
  from raw_transactions t
  join products p on p.product_id = t.product_id
  where t.month between :window_start and :month and t.record_type = 'product' and p.category_major is not null
  group by t.customer_id, p.category_major
),
category_counts as (
  select customer_id, count(*) as categories
  from category_spend
  group by customer_id
),
members as (
  select customer_id, segment_id, segment_name
  from cluster_assignments
  where month = :month
),
shown as (
  select segment_id as of_segment, segment_id, segment_name from members group by segment_id, segment_name
  union all
  select segment_id as of_segment, 'all' as segment_id, 'all' as segment_name from members group by segment_id
),
profiled as (
  select
    s.segment_id, s.segment_name, r.recency_days, r.frequency, r.visit_days, r.monetary, r.rfm_band,
    c.age_band, c.gender, c.region, h.channel_use, coalesce(k.categories, 0) as categories,
    case when w.customer_id is null then 0 else 1 end as wallet_user
  from members m
  join shown s on s.of_segment = m.segment_id
  join rfm_scores r on r.customer_id = m.customer_id and r.month = :month
  left join customers c on c.customer_id = m.customer_id
  left join channels h on h.customer_id = m.customer_id
  left join category_counts k on k.customer_id = m.customer_id
  left join wallet_users w on w.customer_id = m.customer_id
),
totals as (
  select
    segment_id,
    segment_name,
    count(*) as customers,
    sum(recency_days) as recency_days,
    sum(frequency) as receipts,
    sum(visit_days) as visit_days,
    sum(monetary) as revenue,
    sum(categories) as categories,
    sum(wallet_user) as wallet_users,
    sum(case when wallet_user = 1 then monetary end) as wallet_revenue,
    sum(case when wallet_user = 0 then monetary end) as other_revenue
  from profiled
  group by segment_id, segment_name
),
everybody as (
  select
    t.customers as all_customers,
    t.revenue as all_revenue,
    w.known as wallet_known,
    k.known as categories_known
  from totals t
  cross join (select count(*) as known from wallet_users) w
  cross join (select count(*) as known from category_counts) k
  where t.segment_id = 'all'
),
figures as (
  select t.*, e.*, t.customers - t.wallet_users as others
  from totals t
  cross join everybody e
),
single as (
  select segment_id, segment_name, 'customers' as measure, 'customers' as unit,
    cast(customers as double) as value, customers as base from figures
  union all
  select segment_id, segment_name, 'customer_share', 'share',
    cast(customers as double) / all_customers, all_customers from figures
  union all
  select segment_id, segment_name, 'recency_days_mean', 'days',
    cast(recency_days as double) / customers, customers from figures
  union all
  select segment_id, segment_name, 'frequency_mean', 'receipts',
    cast(receipts as double) / customers, customers from figures
  union all
  select segment_id, segment_name, 'visit_days_mean', 'days',
    cast(visit_days as double) / customers, customers from figures
  union all
  select segment_id, segment_name, 'monetary_mean', 'currency',
    cast(revenue as double) / customers, customers from figures
  union all
  select segment_id, segment_name, 'revenue', 'currency',
    cast(revenue as double), customers from figures
  union all
  select segment_id, segment_name, 'revenue_share', 'share',
    cast(revenue as double) / cast(all_revenue as double), customers from figures where all_revenue <> 0
  union all
  select segment_id, segment_name, 'receipt_amount_mean', 'currency',
    cast(revenue as double) / receipts, receipts from figures
  union all
  select segment_id, segment_name, 'wallet_user_share', 'share',
    cast(wallet_users as double) / customers, customers from figures where wallet_known > 0
  union all
  select segment_id, segment_name, 'monetary_mean_wallet_users', 'currency',
    cast(wallet_revenue as double) / wallet_users, wallet_users from figures where wallet_users > 0
  union all
  select segment_id, segment_name, 'monetary_mean_wallet_non_users', 'currency',
    cast(other_revenue as double) / others, others from figures where wallet_known > 0 and others > 0
  union all
  select segment_id, segment_name, 'categories_major_mean', 'categories',
    cast(categories as double) / customers, customers from figures where categories_known > 0
),
receipt_cells as (
  select m.segment_id, r.purchase_hour, c.weekday, c.season, count(*) as receipts
  from window_receipts r
  join members m on m.customer_id = r.customer_id
  join calendar c on c.date = r.purchase_date
  group by m.segment_id, r.purchase_hour, c.weekday, c.season
),
receipt_counts as (
  select s.segment_id, s.segment_name, r.purchase_hour, r.weekday, r.season, r.receipts
  from receipt_cells r
  join shown s on s.of_segment = r.segment_id
),
counted as (
  select segment_id, segment_name, 'age_band' as measure, age_band as category, count(*) as n
  from profiled group by segment_id, segment_name, age_band
  union all
  select segment_id, segment_name, 'gender', gender, count(*)
  from profiled group by segment_id, segment_name, gender
  union all
  select segment_id, segment_name, 'region', region, count(*)
  from profiled group by segment_id, segment_name, region
  union all
  select segment_id, segment_name, 'channel_use', channel_use, count(*)
  from profiled group by segment_id, segment_name, channel_use
  union all
  select segment_id, segment_name, 'rfm_band', rfm_band, count(*)
  from profiled group by segment_id, segment_name, rfm_band
  union all
  select segment_id, segment_name, 'purchase_hour', lpad(cast(purchase_hour as string), 2, '0'), sum(receipts)
  from receipt_counts group by segment_id, segment_name, purchase_hour
  union all
  select segment_id, segment_name, 'weekday', cast(weekday as string), sum(receipts)
  from receipt_counts group by segment_id, segment_name, weekday
  union all
  select segment_id, segment_name, 'season', season, sum(receipts)
  from receipt_counts group by segment_id, segment_name, season
),
bases as (
  select segment_id, segment_name, measure, sum(n) as base
  from counted
  where category is not null
  group by segment_id, segment_name, measure
),
distributions as (
  select
    b.segment_id, b.segment_name, b.measure, a.category, cast(coalesce(c.n, 0) as double) / b.base as value, b.base
  from bases b
  join counted a on a.segment_id = 'all' and a.measure = b.measure and a.category is not null
  left join counted c on c.segment_id = b.segment_id and c.measure = b.measure and c.category = a.category
),
segment_spend as (
  select m.segment_id, c.category_major, sum(c.amount) as amount
  from category_spend c
  join members m on m.customer_id = c.customer_id
  group by m.segment_id, c.category_major
),
shown_spend as (
  select s.segment_id, c.category_major, sum(c.amount) as amount
  from segment_spend c
  join shown s on s.of_segment = c.segment_id
  group by s.segment_id, c.category_major
),
ranked_spend as (
  select
    segment_id, category_major, amount,
    sum(amount) over (partition by segment_id) as segment_amount,
    row_number() over (partition by segment_id order by amount desc, category_major) as place
  from shown_spend
),
top_categories as (
  select
    t.segment_id, t.segment_name, r.category_major as category,
    cast(r.amount as double) / cast(r.segment_amount as double) as value, t.customers as base
  from ranked_spend r
  join totals t on t.segment_id = r.segment_id
  where r.place <= 5 and r.segment_amount <> 0
)
select
  :month as month, :as_of as as_of, segment_id, segment_name, measure, '' as category, value, unit, base
from single
union all
select :month, :as_of, segment_id, segment_name, measure, category, value, 'share', base
from distributions
union all
select :month, :as_of, segment_id, segment_name, 'category_major_top', category, value, 'share', base
from top_categories
