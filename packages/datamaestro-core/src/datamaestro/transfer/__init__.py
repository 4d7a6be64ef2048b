"""Transfers: from the URLs of a source to its bytes, checked while they arrive.

Which URL is asked, and what comes next where it fails; partial files, connections, ranges.
Nothing here knows of datasets: :mod:`datamaestro.preparation` says what is wanted.
"""
