"""A resumable run: plan, journal, budget, retries, and the folder that holds it."""
