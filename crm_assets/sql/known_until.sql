-- The last day, as a day_number, of which the shop is known by :as_of. Receipts may end before the month does: then it is
-- known as far as its last receipt and the longest time that it was ever without one; 0 = not at all.
with shop_days as (
  select c.day_number, c.day_number - lag(c.day_number) over (order by c.day_number) as gap
  from (select distinct purchase_date from receipts where month <= :month) r
  join calendar c on c.date = r.purchase_date
)
-- Both engines' least() passes over a null: without a receipt nothing is known, and that is said apart.
select case when max(s.day_number) is null then 0
  else least(max(a.day_number), max(s.day_number) + coalesce(max(s.gap), 1)) end as last_day
from (select day_number from calendar where date = :as_of) a
left join shop_days s on 1 = 1
