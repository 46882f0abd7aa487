-- Every clustered customer with what its type may be told by, over the window: counts and sums, which the caller
-- divides. customer_spend and category_places (category_major, place: 1 = the largest by spend) are temporary tables.
with members as (
  select customer_id, segment_id, segment_name
  from cluster_assignments
  where month = :month
),
bought as (
  select
    r.customer_id,
    count(*) as receipts,
    count(r.channel) as channel_receipts,
    sum(case when r.channel = 'online' then 1 else 0 end) as online_receipts,
    case when min(r.channel) < max(r.channel) then 'both' else min(r.channel) end as channel_use,
    sum(case when r.purchase_hour = 0 then 1 else 0 end) as hour_00,
    sum(case when r.purchase_hour = 1 then 1 else 0 end) as hour_01,
    sum(case when r.purchase_hour = 2 then 1 else 0 end) as hour_02,
    sum(case when r.purchase_hour = 3 then 1 else 0 end) as hour_03,
    sum(case when r.purchase_hour = 4 then 1 else 0 end) as hour_04,
    sum(case when r.purchase_hour = 5 then 1 else 0 end) as hour_05,
    sum(case when r.purchase_hour = 6 then 1 else 0 end) as hour_06,
    sum(case when r.purchase_hour = 7 then 1 else 0 end) as hour_07,
    sum(case when r.purchase_hour = 8 then 1 else 0 end) as hour_08,
    sum(case when r.purchase_hour = 9 then 1 else 0 end) as hour_09,
    sum(case when r.purchase_hour = 10 then 1 else 0 end) as hour_10,
    sum(case when r.purchase_hour = 11 then 1 else 0 end) as hour_11,
    sum(case when r.purchase_hour = 12 then 1 else 0 end) as hour_12,
    sum(case when r.purchase_hour = 13 then 1 else 0 end) as hour_13,
    sum(case when r.purchase_hour = 14 then 1 else 0 end) as hour_14,
    sum(case when r.purchase_hour = 15 then 1 else 0 end) as hour_15,
    sum(case when r.purchase_hour = 16 then 1 else 0 end) as hour_16,
    sum(case when r.purchase_hour = 17 then 1 else 0 end) as hour_17,
    sum(case when r.purchase_hour = 18 then 1 else 0 end) as hour_18,
    sum(case when r.purchase_hour = 19 then 1 else 0 end) as hour_19,
    sum(case when r.purchase_hour = 20 then 1 else 0 end) as hour_20,
    sum(case when r.purchase_hour = 21 then 1 else 0 end) as hour_21,
    sum(case when r.purchase_hour = 22 then 1 else 0 end) as hour_22,
    sum(case when r.purchase_hour = 23 then 1 else 0 end) as hour_23,
    sum(c.is_weekend) as weekend_receipts
  from receipts r
  join members m on m.customer_id = r.customer_id
  join calendar c on c.date = r.purchase_date
  where r.month between :window_start and :month
  group by r.customer_id
),
wallet_users as (
  select distinct customer_id
  from raw_transactions
  where month between :window_start and :month and record_type = 'wallet'
),
spent as (
  select
    s.customer_id,
    count(*) as categories_major,
    sum(case when p.place = 1 then s.amount end) as category_01,
    sum(case when p.place = 2 then s.amount end) as category_02,
    sum(case when p.place = 3 then s.amount end) as category_03,
    sum(case when p.place = 4 then s.amount end) as category_04,
    sum(case when p.place = 5 then s.amount end) as category_05,
    sum(case when p.place = 6 then s.amount end) as category_06,
    sum(case when p.place = 7 then s.amount end) as category_07,
    sum(case when p.place = 8 then s.amount end) as category_08,
    sum(case when p.place = 9 then s.amount end) as category_09,
    sum(case when p.place = 10 then s.amount end) as category_10,
    sum(s.amount) as category_amount
  from customer_spend s
  left join category_places p on p.category_major = s.category_major
  group by s.customer_id
)
select
  m.segment_id,
  m.segment_name,
  f.recency_days,
  f.frequency,
  f.visit_days,
  f.monetary,
  c.gender,
  c.age_band,
  c.region,
  b.*,
  case when w.customer_id is null then 0 else 1 end as wallet_user,
  coalesce(s.categories_major, 0) as categories_major,
  s.category_amount,
  coalesce(s.category_01, 0) as category_01,
  coalesce(s.category_02, 0) as category_02,
  coalesce(s.category_03, 0) as category_03,
  coalesce(s.category_04, 0) as category_04,
  coalesce(s.category_05, 0) as category_05,
  coalesce(s.category_06, 0) as category_06,
  coalesce(s.category_07, 0) as category_07,
  coalesce(s.category_08, 0) as category_08,
  coalesce(s.category_09, 0) as category_09,
  coalesce(s.category_10, 0) as category_10
from members m
join rfm_scores f on f.customer_id = m.customer_id and f.month = :month
join bought b on b.customer_id = m.customer_id
left join spent s on s.customer_id = m.customer_id
left join wallet_users w on w.customer_id = m.customer_id
left join customers c on c.customer_id = m.customer_id
order by m.customer_id
