"""Displays, and what they draw with."""
