-- Which articles of the `shelf` rules lead the `shoppers` from :start to :stop to: they bought all antecedents within the
-- window. Rules are those of the customer's type and of everybody that have the confidence asked for.
with chosen as (
  select i.segment_id, i.rank, i.side, h.place as article
  from association_rule_items i
  join association_rules r on r.month = i.month and r.segment_id = i.segment_id and r.rank = i.rank
  left join shelf h on h.product_id = i.product_id
  where i.month = :month and r.passes_confidence
),
sized as (
  select segment_id, rank, count(*) as antecedents
  from chosen
  where side = 'antecedent'
  group by segment_id, rank
),
owned as (
  select s.place as customer, c.segment_id, c.rank, count(*) as antecedents
  from chosen c
  join shelf_purchases p on p.article = c.article and p.in_window = 1
  join shoppers s on s.place = p.customer and (c.segment_id = 'all' or c.segment_id = s.segment_id)
  where c.side = 'antecedent' and p.customer >= :start and p.customer < :stop
  group by s.place, c.segment_id, c.rank
)
select distinct o.customer - :start as customer, c.article
from owned o
join sized z on z.segment_id = o.segment_id and z.rank = o.rank and z.antecedents = o.antecedents
join chosen c on c.segment_id = o.segment_id and c.rank = o.rank and c.side = 'consequent'
where c.article is not null
order by 1, 2
