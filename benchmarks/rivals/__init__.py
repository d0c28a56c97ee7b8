"""The usual ways of doing the same, as a tutorial would write them."""
