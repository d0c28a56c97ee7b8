"""Breaks everything around deliveries, in real processes, and then counts: `make soak`.

It stands beside `benchmarks/` because it is a program that people run; the tests run the same in small. What was
injected and what was seen is printed, with the seed that repeats it.
"""
