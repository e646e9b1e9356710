"""Links between sources; the only place that knows two of them."""
