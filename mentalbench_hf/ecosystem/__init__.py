"""The benchmark inside other people's tools: inspect's tasks and logs, TRL's preference format."""
