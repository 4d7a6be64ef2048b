"""What the tests of the documentation share: reading blocks, and running them for real."""
