"""What is on disk: prepared datasets, the cache, and what nobody needs any more.

The state files alone say what is prepared. Definitions are asked only where a
question is about what could be made again. Import from the modules: whoever only
lists what there is shouldn't pay for the rest.
"""
