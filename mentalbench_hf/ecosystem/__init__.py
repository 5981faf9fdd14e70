"""The benchmark inside other people's tools: tasks, a scorer and logs of ``inspect_ai``."""
