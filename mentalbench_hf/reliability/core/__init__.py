"""Array statistics of agreement: arrays in, numbers out; no table and no vocabulary."""
