-- What customers are, as the targets of offers name it: a row per attribute.
select customer_id, 'age_band' as attribute, age_band as value from customers
union all
select customer_id, 'gender', gender from customers
union all
select customer_id, 'region', region from customers
union all
select customer_id, 'rfm_grade', rfm_grade from rfm_scores where month = :month
union all
select customer_id, 'lifestyle', lifestyle_id from lifestyle_assignments where month = :month
