-- What policies go by, of every article of the `shelf`: its major category; how many articles cost more, as a share (mean
-- unit price of the window, by logarithms), of its category, or of all where fewer than :least_priced of that have a
-- price; how much more it is bought in the season of the coming month than articles on the whole, 0 on fewer than
-- :least_receipts receipts. A month's season is that of its first day.
with prices as (
  select product_id, cast(sum(log_unit_price) as double) / sum(priced_lines) as log_price
  from product_days
  where month between :window_start and :month
  group by product_id
  having sum(priced_lines) > 0
),
ranked as (
  select
    h.place,
    p.category_major,
    count(*) over (partition by p.category_major) as alike,
    cast(rank() over (partition by p.category_major order by x.log_price desc) - 1 as double)
      / count(*) over (partition by p.category_major) as place_alike,
    cast(rank() over (order by x.log_price desc) - 1 as double) / count(*) over () as place_of_all
  from shelf h
  join prices x on x.product_id = h.product_id
  left join products p on p.product_id = h.product_id
),
priced as (
  select
    place,
    case when category_major is not null and alike >= :least_priced then place_alike else place_of_all end as price_place
  from ranked
),
coming as (
  select n.season
  from calendar e
  join calendar n on n.day_number = e.day_number + 1
  where e.date = :as_of
),
sold as (
  select
    a.product_id,
    sum(a.receipts) as receipts,
    sum(case when c.season = n.season then a.receipts else 0 end) as season_receipts
  from article_purchases a
  join calendar c on c.date = a.month
  cross join coming n
  where a.month between :window_start and :month
  group by a.product_id
),
whole as (
  select cast(sum(season_receipts) as double) / sum(receipts) as season_share from sold
)
select
  h.place,
  coalesce(p.category_major, '') as category,
  d.price_place,
  case
    when w.season_share > 0 and s.receipts >= :least_receipts then cast(s.season_receipts as double) / s.receipts / w.season_share else 0.0
  end as season_lift
from shelf h
join sold s on s.product_id = h.product_id
cross join whole w
left join priced d on d.place = h.place
left join products p on p.product_id = h.product_id
order by h.place
