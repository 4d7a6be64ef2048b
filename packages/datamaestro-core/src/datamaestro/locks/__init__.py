"""Locks between processes. (Files that say which bytes datasets are made of are in
:mod:`datamaestro.lockfile`.)
"""
