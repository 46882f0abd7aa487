-- The articles that can be recommended at the end of a month, the most widely bought first: those that customers bought
-- from :window_start to :month, at most :recommender_max_articles; `place` counts from 0. How many bought one lately is
-- counted in the :short_days and :long_days days up to :as_of.
with bought as (
  select product_id, customer_id, max(last_date) as last_date
  from article_purchases
  where month between :window_start and :month
  group by product_id, customer_id
),
counted as (
  select
    b.product_id,
    count(*) as buyers,
    sum(case when e.day_number - c.day_number < :short_days then 1 else 0 end) as short_buyers,
    sum(case when e.day_number - c.day_number < :long_days then 1 else 0 end) as long_buyers
  from bought b
  join calendar c on c.date = b.last_date
  join calendar e on e.date = :as_of
  group by b.product_id
),
placed as (
  select *, row_number() over (order by buyers desc, product_id) - 1 as place
  from counted
)
select * from placed where place < :recommender_max_articles
