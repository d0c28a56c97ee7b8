"""What speaks for spam in a quote request. Whatever is suspected is held for staff to look at, and never refused."""
