-- What the types are like in the window, one row per type, measure and category. Receipts and lines are counted by
-- customer or in small cells first, then for the type and for 'all'. Sums are of integers and decimals, so exact.
-- A share's base is what it is a share of: the customers or receipts whose category is known; a category that any type
-- shows has a row, zero if need be, in every type that knows some. A share of money has the type's customers as base.
-- `loyal_types` (segment_id) lists the loyal types; the others hold the potential loyal customers.
with members as (
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
    h.churn_risk, a.age_band, a.gender, a.region,
    a.channel_use, a.wallet_user, a.interest_category, a.loyalty, a.purchasing_power, a.categories_major
  from members m
  join shown s on s.of_segment = m.segment_id
  join rfm_scores r on r.customer_id = m.customer_id and r.month = :month
  join attribute_segments a on a.customer_id = m.customer_id and a.month = :month
  join churn_risk h on h.customer_id = m.customer_id and h.month = :month
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
    sum(categories_major) as categories,
    count(wallet_user) as wallet_known,
    sum(coalesce(wallet_user, 0)) as wallet_users,
    sum(case when wallet_user = 1 then monetary end) as wallet_revenue,
    sum(case when wallet_user = 0 then monetary end) as other_revenue
  from profiled
  group by segment_id, segment_name
),
everybody as (
  select customers as all_customers, revenue as all_revenue
  from totals
  where segment_id = 'all'
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
    cast(categories as double) / customers, customers from figures where categories is not null
),
receipt_cells as (
  select m.segment_id, r.purchase_hour, c.weekday, c.season, count(*) as receipts
  from receipts r
  join members m on m.customer_id = r.customer_id
  join calendar c on c.date = r.purchase_date
  where r.month between :window_start and :month
  group by m.segment_id, r.purchase_hour, c.weekday, c.season
),
receipt_counts as (
  select s.segment_id, s.segment_name, r.purchase_hour, r.weekday, r.season, r.receipts
  from receipt_cells r
  join shown s on s.of_segment = r.segment_id
),
classed as (
  select
    segment_id, segment_name,
    case
      when churn_risk < 0.5 then 'under_0.5'
      when churn_risk < 1 then '0.5-1'
      when churn_risk < 2 then '1-2'
      when churn_risk < 4 then '2-4'
      when churn_risk >= 4 then '4+'
    end as churn_class,
    case
      when categories_major < 5 then '0-4'
      when categories_major < 10 then '5-9'
      when categories_major < 15 then '10-14'
      when categories_major < 20 then '15-19'
      when categories_major < 30 then '20-29'
      when categories_major >= 30 then '30+'
    end as categories_class
  from profiled
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
  select segment_id, segment_name, 'interest_category', interest_category, count(*)
  from profiled group by segment_id, segment_name, interest_category
  union all
  select segment_id, segment_name, 'loyalty', loyalty, count(*)
  from profiled group by segment_id, segment_name, loyalty
  union all
  select segment_id, segment_name, 'purchasing_power', purchasing_power, count(*)
  from profiled group by segment_id, segment_name, purchasing_power
  union all
  select segment_id, segment_name, 'churn_risk', churn_class, count(*)
  from classed group by segment_id, segment_name, churn_class
  union all
  select segment_id, segment_name, 'categories_major', categories_class, count(*)
  from classed group by segment_id, segment_name, categories_class
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
ordered_risk as (
  select
    segment_id, segment_name, churn_risk,
    row_number() over (partition by segment_id order by churn_risk) as place,
    count(*) over (partition by segment_id) as known
  from profiled
  where churn_risk is not null
),
medians as (
  -- The middle value, or the mean of the two in the middle.
  select
    segment_id, segment_name, 'churn_risk_median' as measure, 'ratio' as unit,
    (min(churn_risk) + max(churn_risk)) / 2 as value, max(known) as base
  from ordered_risk
  where 2 * place in (known, known + 1, known + 2)
  group by segment_id, segment_name
),
sides as (
  select
    sum(case when l.segment_id is null then 0 else t.customers end) as loyal,
    sum(case when l.segment_id is null then t.customers else 0 end) as potential,
    sum(case when l.segment_id is null then 0 else t.revenue end) as loyal_revenue,
    sum(case when l.segment_id is null then t.revenue else 0 end) as potential_revenue
  from totals t
  left join loyal_types l on l.segment_id = t.segment_id
  where t.segment_id <> 'all'
),
means as (
  select
    s.*,
    cast(loyal_revenue as double) / nullif(loyal, 0) as loyal_mean,
    cast(potential_revenue as double) / nullif(potential, 0) as potential_mean
  from sides s
),
conversion as (
  select 'loyal_customers' as measure, 'customers' as unit, cast(loyal as double) as value, loyal as base
  from means where loyal + potential > 0
  union all
  select 'potential_loyal_customers', 'customers', cast(potential as double), potential
  from means where loyal + potential > 0
  union all
  select 'potential_loyal_ratio', 'ratio', cast(potential as double) / loyal, loyal + potential
  from means where loyal > 0
  union all
  select 'monetary_mean_loyal', 'currency', loyal_mean, loyal
  from means where loyal > 0
  union all
  select 'monetary_mean_potential_loyal', 'currency', potential_mean, potential
  from means where potential > 0
  union all
  select 'loyal_conversion_share', 'share', cast(:loyal_conversion_share as double), potential
  from means where loyal > 0 and potential > 0
  union all
  select 'loyal_conversion_revenue', 'currency',
    cast(:loyal_conversion_share as double) * potential * (loyal_mean - potential_mean), potential
  from means where loyal > 0 and potential > 0
),
segment_products as (
  select m.segment_id, t.product_id, sum(t.amount) as amount
  from raw_transactions t
  join members m on m.customer_id = t.customer_id
  where t.month between :window_start and :month and t.record_type = 'product' and t.product_id is not null
  group by m.segment_id, t.product_id
),
shown_products as (
  select s.segment_id, p.category_major, coalesce(p.name, x.product_id) as product, sum(x.amount) as amount
  from segment_products x
  join shown s on s.of_segment = x.segment_id
  left join products p on p.product_id = x.product_id
  group by s.segment_id, p.category_major, coalesce(p.name, x.product_id)
),
spend as (
  select segment_id, 'category_major_top' as measure, category_major as category, sum(amount) as amount
  from shown_products where category_major is not null group by segment_id, category_major
  union all
  select segment_id, 'product_top', product, sum(amount)
  from shown_products group by segment_id, product
),
ranked_spend as (
  select
    segment_id, measure, category, amount,
    sum(amount) over (partition by segment_id, measure) as whole,
    row_number() over (partition by segment_id, measure order by amount desc, category) as place
  from spend
),
top_spend as (
  select
    t.segment_id, t.segment_name, r.measure, r.category,
    cast(r.amount as double) / cast(r.whole as double) as value, t.customers as base
  from ranked_spend r
  join totals t on t.segment_id = r.segment_id
  where r.place <= 5 and r.whole <> 0
)
select
  :month as month, :as_of as as_of, segment_id, segment_name, measure, '' as category, value, unit, base
from single
union all
select :month, :as_of, segment_id, segment_name, measure, '', value, unit, base
from medians
union all
select :month, :as_of, 'all', 'all', measure, '', value, unit, base
from conversion
union all
select :month, :as_of, segment_id, segment_name, measure, category, value, 'share', base
from distributions
union all
select :month, :as_of, segment_id, segment_name, measure, category, value, 'share', base
from top_spend
