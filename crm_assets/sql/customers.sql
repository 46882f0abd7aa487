-- One row per customer. A customer file delivered later wins; customers gathered from lines (derived) come after, the
-- most frequent first, whatever the order of the files.
with ranked as (
  select
    s.customer_id, s.gender, s.age_band, s.region,
    row_number() over (
      partition by s.customer_id
      order by s.delivered desc, s.rows desc, s.gender nulls last, s.age_band nulls last, s.region nulls last
    ) as choice
  from delivered_customers s
)
select customer_id, gender, age_band, region from ranked where choice = 1
