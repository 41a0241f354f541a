"""Measurements of speed and memory, one module for each group of rows of the table.

A row compares two *candidates*: functions that take :class:`Settings`, prepare all that is not
measured, and return a function without arguments, which is.
"""
