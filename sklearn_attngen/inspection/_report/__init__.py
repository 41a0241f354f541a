"""One page on a fitted classifier."""
