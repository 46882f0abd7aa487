-- What the types are like in the window, one row per type, measure and category. Everything is counted by customer, in
-- small cells or for a type first, then for the type and for 'all'. Sums are of integers and decimals, so exact.
-- A further mean is one more `select` in `figures`, a further distribution one in `counted`: no other place names it.
-- A mean's base is the customers of whom the figure is known; a type of whom nobody's is known has no row.
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
    m.segment_id, r.recency_days, r.frequency, r.visit_days, r.monetary, r.rfm_band,
    h.churn_risk, a.age_band, a.gender, a.region,
    a.channel_use, a.wallet_user, a.interest_category, a.loyalty, a.purchasing_power, a.categories_major
  from members m
  join rfm_scores r on r.customer_id = m.customer_id and r.month = :month
  join attribute_segments a on a.customer_id = m.customer_id and a.month = :month
  join churn_risk h on h.customer_id = m.customer_id and h.month = :month
),
figures as (
  -- One number per customer, whole or decimal, with the measure and the unit of its mean.
  select segment_id, 'recency_days_mean' as measure, 'days' as unit, recency_days as figure from profiled
  union all
  select segment_id, 'frequency_mean', 'receipts', frequency from profiled
  union all
  select segment_id, 'visit_days_mean', 'days', visit_days from profiled
  union all
  select segment_id, 'monetary_mean', 'currency', monetary from profiled
  union all
  select segment_id, 'monetary_mean_wallet_users', 'currency', monetary from profiled where wallet_user = 1
  union all
  select segment_id, 'monetary_mean_wallet_non_users', 'currency', monetary from profiled where wallet_user = 0
  union all
  select segment_id, 'wallet_user_share', 'share', wallet_user from profiled
  union all
  select segment_id, 'categories_major_mean', 'categories', categories_major from profiled
),
figure_sums as (
  select segment_id, measure, unit, sum(figure) as amount, count(figure) as known
  from figures
  group by segment_id, measure, unit
),
means as (
  select
    s.segment_id, s.segment_name, f.measure, f.unit,
    cast(sum(f.amount) as double) / sum(f.known) as value, sum(f.known) as base
  from figure_sums f
  join shown s on s.of_segment = f.segment_id
  where f.known > 0
  group by s.segment_id, s.segment_name, f.measure, f.unit
),
type_totals as (
  select segment_id, count(*) as customers, sum(frequency) as receipts, sum(monetary) as revenue
  from profiled
  group by segment_id
),
totals as (
  select
    s.segment_id, s.segment_name,
    sum(t.customers) as customers, sum(t.receipts) as receipts, sum(t.revenue) as revenue
  from type_totals t
  join shown s on s.of_segment = t.segment_id
  group by s.segment_id, s.segment_name
),
everybody as (
  select customers as all_customers, revenue as all_revenue
  from totals
  where segment_id = 'all'
),
sizes as (
  select segment_id, segment_name, 'customers' as measure, 'customers' as unit,
    cast(customers as double) as value, customers as base from totals
  union all
  select segment_id, segment_name, 'customer_share', 'share',
    cast(customers as double) / all_customers, all_customers from totals cross join everybody
  union all
  select segment_id, segment_name, 'revenue', 'currency',
    cast(revenue as double), customers from totals
  union all
  select segment_id, segment_name, 'revenue_share', 'share',
    cast(revenue as double) / cast(all_revenue as double), customers from totals cross join everybody
  where all_revenue <> 0
  union all
  select segment_id, segment_name, 'receipt_amount_pooled_mean', 'currency',
    cast(revenue as double) / receipts, receipts from totals
),
receipt_cells as (
  select m.segment_id, r.purchase_hour, c.weekday, c.season, count(*) as receipts
  from receipts r
  join members m on m.customer_id = r.customer_id
  join calendar c on c.date = r.purchase_date
  where r.month between :window_start and :month
  group by m.segment_id, r.purchase_hour, c.weekday, c.season
),
classed as (
  select
    segment_id,
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
  -- How many customers or receipts of a type are of a category.
  select segment_id, 'age_band' as measure, age_band as category, count(*) as n
  from profiled group by segment_id, age_band
  union all
  select segment_id, 'gender', gender, count(*) from profiled group by segment_id, gender
  union all
  select segment_id, 'region', region, count(*) from profiled group by segment_id, region
  union all
  select segment_id, 'channel_use', channel_use, count(*) from profiled group by segment_id, channel_use
  union all
  select segment_id, 'rfm_band', rfm_band, count(*) from profiled group by segment_id, rfm_band
  union all
  select segment_id, 'interest_category', interest_category, count(*)
  from profiled group by segment_id, interest_category
  union all
  select segment_id, 'loyalty', loyalty, count(*) from profiled group by segment_id, loyalty
  union all
  select segment_id, 'purchasing_power', purchasing_power, count(*) from profiled group by segment_id, purchasing_power
  union all
  select segment_id, 'churn_risk', churn_class, count(*) from classed group by segment_id, churn_class
  union all
  select segment_id, 'categories_major', categories_class, count(*) from classed group by segment_id, categories_class
  union all
  select segment_id, 'purchase_hour', lpad(cast(purchase_hour as string), 2, '0'), sum(receipts)
  from receipt_cells group by segment_id, purchase_hour
  union all
  select segment_id, 'weekday', cast(weekday as string), sum(receipts) from receipt_cells group by segment_id, weekday
  union all
  select segment_id, 'season', season, sum(receipts) from receipt_cells group by segment_id, season
),
categories as (
  select s.segment_id, s.segment_name, c.measure, c.category, sum(c.n) as n
  from counted c
  join shown s on s.of_segment = c.segment_id
  where c.category is not null
  group by s.segment_id, s.segment_name, c.measure, c.category
),
bases as (
  select segment_id, segment_name, measure, sum(n) as base
  from categories
  group by segment_id, segment_name, measure
),
distributions as (
  select
    b.segment_id, b.segment_name, b.measure, a.category, cast(coalesce(c.n, 0) as double) / b.base as value, b.base
  from bases b
  join categories a on a.segment_id = 'all' and a.measure = b.measure
  left join categories c on c.segment_id = b.segment_id and c.measure = b.measure and c.category = a.category
),
ordered_risk as (
  select
    s.segment_id, s.segment_name, p.churn_risk,
    row_number() over (partition by s.segment_id order by p.churn_risk) as place,
    count(*) over (partition by s.segment_id) as known
  from profiled p
  join shown s on s.of_segment = p.segment_id
  where p.churn_risk is not null
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
side_means as (
  select
    s.*,
    cast(loyal_revenue as double) / nullif(loyal, 0) as loyal_mean,
    cast(potential_revenue as double) / nullif(potential, 0) as potential_mean
  from sides s
),
conversion as (
  select 'loyal_customers' as measure, 'customers' as unit, cast(loyal as double) as value, loyal as base
  from side_means where loyal + potential > 0
  union all
  select 'potential_loyal_customers', 'customers', cast(potential as double), potential
  from side_means where loyal + potential > 0
  union all
  select 'potential_loyal_ratio', 'ratio', cast(potential as double) / loyal, loyal + potential
  from side_means where loyal > 0
  union all
  select 'monetary_mean_loyal', 'currency', loyal_mean, loyal
  from side_means where loyal > 0
  union all
  select 'monetary_mean_potential_loyal', 'currency', potential_mean, potential
  from side_means where potential > 0
  union all
  select 'loyal_conversion_share', 'share', cast(:loyal_conversion_share as double), potential
  from side_means where loyal > 0 and potential > 0
  union all
  select 'loyal_conversion_revenue', 'currency',
    cast(:loyal_conversion_share as double) * potential * (loyal_mean - potential_mean), potential
  from side_means where loyal > 0 and potential > 0
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
from sizes
union all
select :month, :as_of, segment_id, segment_name, measure, '', value, unit, base
from means
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
