"""What plugins promise, as tests to inherit.

Each contract is a class of tests. An author derives one, says what it is about, and
gets the whole suite; a method may be overridden where something is different on purpose.
"""
