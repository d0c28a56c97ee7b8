"""Freequote: takes quote requests from websites, keeps them sealed, and delivers each one."""

from importlib.metadata import version

VERSION = version("freequote")
