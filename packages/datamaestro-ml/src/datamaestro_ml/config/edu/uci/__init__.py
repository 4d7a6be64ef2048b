"""Datasets of the UCI Machine Learning Repository, https://archive.ics.uci.edu."""
