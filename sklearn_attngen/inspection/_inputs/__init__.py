"""What the rest of inspection asks, and what it changes: estimators, networks, letters, fills."""
