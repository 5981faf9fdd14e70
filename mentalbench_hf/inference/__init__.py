"""Generating and judging responses: clients, prompts, one resumable runner, results."""
