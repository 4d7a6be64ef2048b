"""Files and folders of any content: written whole or not at all, on whatever holds them.

What differs between systems and file systems (links, names in use, flushing, permissions, clocks)
is dealt with here, once.
"""
