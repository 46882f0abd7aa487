-- How many customers carry a label, and how many meet its threshold without evidence.
with met as (
  select
    l.index_id,
    l.label_id,
    sum(case when s.label_id = l.label_id then 1 else 0 end) as customers,
    sum(case when s.label_id is null then 1 else 0 end) as unproven
  from index_label_ranges l
  join staged_customer_indices s
    on s.index_id = l.index_id
    and (
      (l.side = 'high' and coalesce(s.index_pp, s.score) >= l.lower_end and coalesce(s.index_pp, s.score) < l.upper_end)
      or (l.side = 'low' and coalesce(s.index_pp, s.score) > l.lower_end and coalesce(s.index_pp, s.score) <= l.upper_end)
    )
  group by l.index_id, l.label_id
)
select
  :month as month,
  :as_of as as_of,
  l.index_id,
  l.label_id,
  l.label_ko,
  l.label_en,
  l.at_least,
  l.at_most,
  coalesce(m.customers, 0) as customers,
  coalesce(m.unproven, 0) as customers_unproven
from index_label_ranges l
left join met m on m.index_id = l.index_id and m.label_id = l.label_id
