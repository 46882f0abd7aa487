-- What every customer is, as the conditions of strategies name it: a row per trait that is known. Gender and age are
-- those of the dimension, so that lapsed customers have them too.
select customer_id, 'segment_id' as trait, segment_id as value from customer_types where month = :month
union all
select customer_id, 'lifecycle', lifecycle from customer_types where month = :month
union all
select customer_id, 'rfm_band', rfm_band from rfm_scores where month = :month
union all
select customer_id, 'rfm_grade', rfm_grade from rfm_scores where month = :month
union all
select customer_id, 'list', list from retention_lists where month = :month
union all
select customer_id, 'lifestyle_id', lifestyle_id from lifestyle_assignments where month = :month
union all
select customer_id, 'offer_id', offer_id from offer_matches where month = :month and rank = 1
union all
select customer_id, 'gender', gender from customers
union all
select customer_id, 'age_band', age_band from customers
union all
select customer_id, 'channel_use', channel_use from attribute_segments where month = :month
union all
select customer_id, 'wallet_user', cast(wallet_user as string) from attribute_segments where month = :month
union all
select customer_id, 'loyalty', loyalty from attribute_segments where month = :month
union all
select customer_id, 'purchasing_power', purchasing_power from attribute_segments where month = :month
