"""Measures Freequote beside the usual ways of doing the same, in one run: `make bench`.

Ratios of one run hold where absolute figures drift with the machine.
"""
