-- The customers of the month's campaigns as the files show them. listed_traits is a temporary table (audience_rows.py).
select
  a.campaign_id,
  a.customer_id,
  a.arm,
  a.channel,
  a.preferred_channel,
  a.send_hour,
  a.segment_id,
  a.rfm_band,
  r.recency_days,
  r.frequency,
  r.monetary,
  d.probability as dormancy_probability,
  a.offer_id,
  a.offer_net_benefit,
  coalesce(p1.name, a.product_1) as product_1,
  a.product_1 as product_1_id,
  coalesce(p2.name, a.product_2) as product_2,
  a.product_2 as product_2_id,
  coalesce(p3.name, a.product_3) as product_3,
  a.product_3 as product_3_id,
  a.bundle,
  a.consent,
  a.starts_on,
  a.ends_on,
  t.trait_segment_id,
  t.trait_rfm_band,
  t.trait_rfm_grade,
  t.trait_lifecycle,
  t.trait_list,
  t.trait_lifestyle_id,
  t.trait_offer_id,
  t.trait_gender,
  t.trait_age_band,
  t.trait_channel_use,
  t.trait_wallet_user,
  t.trait_loyalty,
  t.trait_purchasing_power
from audiences a
join listed_traits t on t.customer_id = a.customer_id
left join rfm_scores r on r.customer_id = a.customer_id and r.month = :month
left join dormancy_predictions d on d.customer_id = a.customer_id and d.month = :month
left join products p1 on p1.product_id = a.product_1
left join products p2 on p2.product_id = a.product_2
left join products p3 on p3.product_id = a.product_3
where a.month = :month
