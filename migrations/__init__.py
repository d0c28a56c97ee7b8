"""Steps from one schema to the next, the same for both databases."""
