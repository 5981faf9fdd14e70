"""Generation and judging: clients, prompts, one runner."""
