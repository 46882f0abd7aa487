-- What the first receipts tell beyond the seed's columns, at the cut-offs of feature_table. A line is compared with
-- what the shop had sold before the day of its receipt and with the customer's earlier lines, so a receipt has the same
-- values at every later cut-off. Only integers and decimals are summed, and divided at the end.
with cuts as (
  -- A whole history is described where it is short: it is then what a new customer's first receipts are.
  select
    dense_rank() over (order by f.customer_id) as customer_no,
    f.customer_id, f.cutoff, f.cutoff_at, f.receipts
  from feature_table f
  join customer_lifecycles l on l.customer_id = f.customer_id and l.month = f.month
  where f.month = :month and (f.cutoff <> 'as_of' or l.lifecycle = 'new')
),
described as (
  select customer_no, customer_id, max(cutoff_at) as last_at
  from cuts
  group by customer_no, customer_id
),
shop_days as (
  -- The mean receipt of all days before; null on the first.
  select
    date,
    cast(sum(amount) over (order by date rows between unbounded preceding and 1 preceding) as double)
      / sum(receipts) over (order by date rows between unbounded preceding and 1 preceding) as mean_amount
  from (
    select purchase_date as date, sum(amount) as amount, count(*) as receipts
    from receipts
    where month <= :month
    group by purchase_date
  ) as d
),
first_receipts as (
  -- In the order of feature_table. Of several in the hour of the last, some may be beyond the cut-off: no cut takes them.
  select
    d.customer_no, r.month, r.customer_id, r.receipt_id, r.record_type, r.purchase_date, r.amount, c.day_number,
    row_number() over (partition by d.customer_no order by r.purchased_at, r.receipt_id, r.record_type) as n,
    c.day_number - lag(c.day_number) over (
      partition by d.customer_no order by r.purchased_at, r.receipt_id, r.record_type
    ) as days_between
  from receipts r
  join described d on d.customer_id = r.customer_id
  join calendar c on c.date = r.purchase_date
  where r.month <= :month and r.purchased_at <= d.last_at
),
first_lines as (
  select r.customer_no, r.n, r.purchase_date, r.day_number, l.line_no, l.product_id, l.quantity, l.amount
  from first_receipts r
  join raw_transactions l on l.month = r.month and l.customer_id = r.customer_id and l.receipt_id = r.receipt_id
  where r.record_type = 'product' and l.record_type = 'product' and l.month <= :month
),
product_months as (
  select
    product_id,
    month,
    min(first_date) over (partition by product_id) as first_date,
    coalesce(sum(priced_lines) over (
      partition by product_id order by month rows between unbounded preceding and 1 preceding
    ), 0) as priced_lines,
    coalesce(sum(log_unit_price) over (
      partition by product_id order by month rows between unbounded preceding and 1 preceding
    ), 0) as log_unit_price
  from (
    select
      product_id, month, min(date) as first_date, sum(priced_lines) as priced_lines,
      sum(log_unit_price) as log_unit_price
    from product_days
    where month <= :month
    group by product_id, month
  ) as m
),
products_so_far as (
  -- A product on a day of sale: its first day, and the logarithms of its unit prices on the days before.
  select
    d.product_id, d.date, m.first_date,
    m.priced_lines + d.earlier_priced_lines as priced_lines,
    m.log_unit_price + d.earlier_log_unit_price as log_unit_price
  from product_days d
  join product_months m on m.product_id = d.product_id and m.month = d.month
  where d.month <= :month
),
first_day as (
  select min(c.day_number) as day_number
  from product_days p
  join calendar c on c.date = p.date
  where p.month <= :month
),
compared as (
  select
    l.customer_no, l.n, l.line_no, l.product_id, l.amount, p.category_major, l.day_number - d.day_number as days_sold,
    case
      when l.quantity > 0 and l.amount > 0 and s.priced_lines > 0
        then cast(
          ln(cast(l.amount as double) / cast(l.quantity as double)) - cast(s.log_unit_price as double) / s.priced_lines
          as decimal(18, 6)
        )
    end as price_level
  from first_lines l
  left join products_so_far s on s.product_id = l.product_id and s.date = l.purchase_date
  left join calendar d on d.date = s.first_date
  left join products p on p.product_id = l.product_id
),
baskets as (
  select
    customer_no,
    n,
    count(product_id) as lines,
    count(price_level) as priced_lines,
    sum(price_level) as price_level,
    max(price_level) as price_level_max,
    sum(case when price_level < -0.05 then 1 else 0 end) as deal_lines,
    sum(case when days_sold <= 30 then 1 else 0 end) as new_lines,
    max(amount) as top_amount,
    sum(case when amount > 0 then amount else 0 end) as amount
  from compared
  group by customer_no, n
),
first_bought as (
  -- Of the products in a receipt, those that no earlier one held; all other lines are repeats.
  select customer_no, n, count(*) as products
  from (
    select customer_no, product_id, min(n) as n
    from first_lines
    where product_id is not null
    group by customer_no, product_id
  ) as p
  group by customer_no, n
),
valued as (
  -- Every first receipt with its own values; without product lines it has an amount and a day.
  select
    r.customer_no, r.n, r.days_between, b.lines, b.priced_lines, b.deal_lines, b.price_level_max,
    coalesce(p.products, 0) as first_products,
    -- Twelve digits: a sum of six, divided by up to 64 lines, lies on no half between two of them, which engines would
    -- round in their own ways.
    cast(cast(b.price_level as double) / b.priced_lines as decimal(18, 12)) as price_level_mean,
    case
      when b.lines > 0 and r.day_number - f.day_number >= 31
        then cast(cast(b.new_lines as double) / b.lines as decimal(18, 9))
    end as new_product_share,
    case when b.lines > 0 then cast(cast(b.lines - coalesce(p.products, 0) as double) / b.lines as decimal(18, 9)) end
      as repeat_share,
    case when b.amount > 0 then cast(cast(b.top_amount as double) / cast(b.amount as double) as decimal(18, 9)) end
      as top_line_share,
    case when r.amount > 0 then ln(1 + cast(r.amount as double)) else 0 end as log_amount,
    cast(
      ln(case when r.amount > 0.01 then cast(r.amount as double) else 0.01 end)
      - ln(case when s.mean_amount > 0.01 then s.mean_amount when s.mean_amount <= 0.01 then 0.01 end)
      as decimal(18, 9)
    ) as amount_level
  from first_receipts r
  join shop_days s on s.date = r.purchase_date
  cross join first_day f
  left join baskets b on b.customer_no = r.customer_no and b.n = r.n
  left join first_bought p on p.customer_no = r.customer_no and p.n = r.n
),
measured as (
  select
    k.customer_no,
    k.receipts,
    cast(sum(v.days_between) as double) / count(v.days_between) as days_between_mean,
    max(case when v.n = 2 then v.days_between end) as days_between_first,
    max(case when v.n = k.receipts then v.days_between end) as days_between_last,
    cast(sum(v.price_level_mean) as double) / count(v.price_level_mean) as price_level_mean,
    cast(max(case when v.n = k.receipts then v.price_level_mean end) as double) as price_level_last,
    cast(max(v.price_level_max) as double) as price_level_max,
    sum(v.priced_lines) as priced_lines,
    sum(v.deal_lines) as deal_lines,
    cast(sum(v.new_product_share) as double) / count(v.new_product_share) as new_product_share,
    cast(sum(v.repeat_share) as double) / count(v.repeat_share) as repeat_share_mean,
    cast(max(case when v.n = k.receipts then v.repeat_share end) as double) as repeat_share_last,
    case when sum(v.lines) > 0 then cast(sum(v.first_products) as double) / sum(v.lines) end as distinct_product_share,
    cast(sum(v.top_line_share) as double) / count(v.top_line_share) as top_line_share,
    max(case when v.n = k.receipts then v.log_amount end) - max(case when v.n = 1 then v.log_amount end)
      as amount_trend,
    cast(sum(v.amount_level) as double) / count(v.amount_level) as amount_level_mean
  from cuts k
  join valued v on v.customer_no = k.customer_no and v.n <= k.receipts
  group by k.customer_no, k.receipts
),
by_category as (
  -- The weight orders by the number of lines, then by the last of them.
  select
    k.customer_no, k.receipts, c.category_major,
    1000000000000 * count(*) + max(1000000 * c.n + c.line_no) as weight
  from cuts k
  join compared c on c.customer_no = k.customer_no and c.n <= k.receipts
  where c.category_major is not null
  group by k.customer_no, k.receipts, c.category_major
),
category_modes as (
  select customer_no, receipts, max(weight) as weight
  from by_category
  group by customer_no, receipts
)
select
  :month as month,
  :as_of as as_of,
  k.customer_id,
  k.cutoff,
  k.cutoff_at,
  k.receipts,
  m.days_between_mean,
  m.days_between_first,
  m.days_between_last,
  ln(1 + m.days_between_last) - ln(1 + m.days_between_mean) as days_between_trend,
  m.price_level_mean,
  m.price_level_last,
  m.price_level_max,
  case when m.priced_lines > 0 then cast(m.deal_lines as double) / m.priced_lines end as deal_share,
  m.new_product_share,
  m.repeat_share_mean,
  m.repeat_share_last,
  m.distinct_product_share,
  m.top_line_share,
  m.amount_trend,
  m.amount_level_mean,
  c.category_major as category_mode
from cuts k
join measured m on m.customer_no = k.customer_no and m.receipts = k.receipts
left join category_modes w on w.customer_no = k.customer_no and w.receipts = k.receipts
left join by_category c on c.customer_no = w.customer_no and c.receipts = w.receipts and c.weight = w.weight
