-- What each of the `shoppers` (customer_id, place) bought of the `shelf` from :since to :month: whether within the window,
-- and how many days before :as_of the last time was.
select
  s.place as customer,
  h.place as article,
  max(case when p.month >= :window_start then 1 else 0 end) as in_window,
  min(e.day_number - c.day_number) as days_ago
from article_purchases p
join shoppers s on s.customer_id = p.customer_id
join shelf h on h.product_id = p.product_id
join calendar c on c.date = p.last_date
join calendar e on e.date = :as_of
where p.month between :since and :month
group by s.place, h.place
order by s.place, h.place
