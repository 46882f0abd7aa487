-- How many customers of each type bought each article of the `shelf` from :window_start to :month.
with bought as (
  select distinct customer_id, product_id
  from article_purchases
  where month between :window_start and :month
)
select t.segment_id, h.place as article, count(*) as buyers
from bought b
join shelf h on h.product_id = b.product_id
join customer_types t on t.month = :month and t.customer_id = b.customer_id
where t.segment_id is not null
group by t.segment_id, h.place
order by t.segment_id, h.place
