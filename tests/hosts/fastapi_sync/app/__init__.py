"""Vouchers for the tea house, over any amount."""
