"""Whether a saliency depends on what was learned."""
