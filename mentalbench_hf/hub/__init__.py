"""What goes to the Hugging Face Hub and into its caches: builders, cards, build, install."""
