"""``crm explain``, ``crm statement``: what is known of one customer, read from the copy for readers, told in words."""
