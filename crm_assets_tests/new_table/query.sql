-- One row per day of the week on which somebody bought.
select
  r.month, cast(:as_of as date) as as_of, c.weekday, count(distinct r.customer_id) as customers, count(*) as receipts,
  sum(r.amount) as amount
from receipts r
join calendar c on c.date = r.purchase_date
where r.month = :month
group by r.month, c.weekday
