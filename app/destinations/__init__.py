"""Where events go and how much each place gets."""
