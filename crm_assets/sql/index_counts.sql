-- A row per customer and index with events: how many, on how many receipts, how many of the values that are counted.
-- An event is a receipt, or, where lines tell the value, a line of one; it counts where the value is known. Wallet
-- payments are events where they are receipts (:count_wallet_as_purchase); returns never are. What the indices are:
-- index_rules, index_values, index_hours, made from the file of indices.
with kinds as (
  -- Receipts are many, but of few kinds: what a kind tells each index is looked up once.
  select distinct purchase_date, purchase_hour, coalesce(channel, '') as channel, coalesce(partner_id, '') as partner_id
  from receipts
  where month between :window_start and :month
),
kind_values as (
  select
    k.purchase_date, k.purchase_hour, k.channel, k.partner_id, i.index_id,
    case i.attribute
      when 'weekday' then case c.weekday
        when 0 then 'monday' when 1 then 'tuesday' when 2 then 'wednesday' when 3 then 'thursday' when 4 then 'friday'
        when 5 then 'saturday' when 6 then 'sunday' end
      when 'weekend' then case c.is_weekend when 1 then 'weekend' else 'weekday' end
      when 'season' then c.season
      when 'channel' then nullif(k.channel, '')
      when 'partner' then nullif(k.partner_id, '')
      else h.part
    end as value
  from kinds k
  join calendar c on c.date = k.purchase_date
  join index_rules i on i.reads = 'receipts' and i.first_month <= c.month
  left join index_hours h on h.daypart_set = i.daypart_set and h.hour = k.purchase_hour
),
kind_hits as (
  select
    e.purchase_date, e.purchase_hour, e.channel, e.partner_id, e.index_id,
    case when v.value is null then 0 else 1 end as hit
  from kind_values e
  left join index_values v on v.index_id = e.index_id and v.value = e.value
  where e.value is not null
),
line_values as (
  select a.customer_id, a.month, a.receipt_id, a.record_type, i.index_id, a.value
  from event_attributes a
  join index_rules i on i.reads = 'event_attributes' and i.attribute = a.name and i.first_month <= a.month
  where a.month between :window_start and :month
    and (a.record_type in ('product', 'service') or (a.record_type = 'wallet' and :count_wallet_as_purchase))
  union all
  select
    t.customer_id, t.month, t.receipt_id, t.record_type, i.index_id,
    case i.attribute when 'category_major' then p.category_major else p.category_middle end as value
  from raw_transactions t
  join products p on p.product_id = t.product_id
  join index_rules i on i.reads = 'products' and i.first_month <= t.month
  where t.month between :window_start and :month and t.record_type = 'product'
),
receipts_of_lines as (
  select
    l.customer_id, l.month, l.receipt_id, l.record_type, l.index_id,
    count(*) as events,
    sum(case when v.value is null then 0 else 1 end) as hits
  from line_values l
  left join index_values v on v.index_id = l.index_id and v.value = l.value
  where l.value is not null
  group by l.customer_id, l.month, l.receipt_id, l.record_type, l.index_id
),
counted as (
  select r.customer_id, k.index_id, count(*) as events, count(*) as receipts, sum(k.hit) as hits
  from receipts r
  join kind_hits k
    on k.purchase_date = r.purchase_date and k.purchase_hour = r.purchase_hour
    and k.channel = coalesce(r.channel, '') and k.partner_id = coalesce(r.partner_id, '')
  where r.month between :window_start and :month
  group by r.customer_id, k.index_id
  union all
  select customer_id, index_id, sum(events) as events, count(*) as receipts, sum(hits) as hits
  from receipts_of_lines
  group by customer_id, index_id
)
select
  n.index_id,
  n.customer_id,
  cast(n.events as bigint) as events,
  cast(n.receipts as bigint) as receipts,
  cast(n.hits as bigint) as hits,
  cast(n.hits as double) / cast(n.events as double) as share,
  case when n.events >= i.min_events then 1 else 0 end as is_enough,
  case i.population
    when 'all' then 'all'
    when 'gender' then c.gender
    when 'age_band' then c.age_band
    when 'region' then c.region
    when 'segment' then t.segment_id
  end as population_group
from counted n
join index_rules i on i.index_id = n.index_id
left join customers c on c.customer_id = n.customer_id
left join customer_types t on t.customer_id = n.customer_id and t.month = :month
