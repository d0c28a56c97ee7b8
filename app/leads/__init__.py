"""The record staff work on."""
