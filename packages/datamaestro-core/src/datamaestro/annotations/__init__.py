"""Decorators that say more about a dataset than how it is made."""
