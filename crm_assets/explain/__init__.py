"""``crm explain``: everything that is known of one customer, read from the copy for readers and told in words."""
