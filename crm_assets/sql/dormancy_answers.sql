-- Of the customers of earlier snapshots, as far as the answer is known on :as_of: who bought nothing in the
-- :dormancy_horizon_days days after its snapshot. A snapshot whose days are not over by :as_of has no answer yet, and no
-- purchase after :as_of is read; nor has one that reaches beyond :known_until (known_until.sql). Snapshots that were made
-- for another horizon are left out.
with snapshots as (
  select f.month, c.day_number as as_of_day
  from (
    select distinct month, as_of
    from dormancy_features
    where month < :month and horizon_days = :dormancy_horizon_days
  ) f
  join calendar c on c.date = f.as_of
  where c.day_number + :dormancy_horizon_days <= :known_until
),
dates as (
  select r.customer_id, c.day_number
  from receipts r
  join calendar c on c.date = r.purchase_date
  where r.month <= :month and r.month >= (select min(month) from snapshots)
  group by r.customer_id, c.day_number
),
came as (
  select s.month, d.customer_id
  from snapshots s
  join dates d on d.day_number > s.as_of_day and d.day_number <= s.as_of_day + :dormancy_horizon_days
  group by s.month, d.customer_id
)
select
  f.month,
  f.customer_id,
  case when c.customer_id is null then 1 else 0 end as dormant
from snapshots s
join dormancy_features f on f.month = s.month
left join came c on c.month = f.month and c.customer_id = f.customer_id
