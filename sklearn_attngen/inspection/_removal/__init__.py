"""Whether the letters that are named do decide: predictions without them, or with them alone."""
