"""Leads as files for spreadsheets and programs, streamed page by page."""
