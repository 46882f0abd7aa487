-- One row per product: the product file delivered last, or else the most frequent name on the lines.
with ranked as (
  select
    s.product_id, s.name, s.category_major, s.category_middle,
    row_number() over (
      partition by s.product_id
      order by
        s.delivered desc, case when s.name is null then 1 else 0 end, s.rows desc, s.name nulls last,
        s.category_major nulls last, s.category_middle nulls last
    ) as choice
  from delivered_products s
)
select product_id, name, category_major, category_middle from ranked where choice = 1
