"""Tables of both benchmarks, and the audit of what was released."""
