"""Preparation: resources from none to complete, and then the value.

Import from the modules: whoever only reads a state file shouldn't pay for transfers.
"""
