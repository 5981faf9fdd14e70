"""The front door: one call per job, the same for a notebook and the command line.

``import mentalbench_hf as mb`` offers every name of this room, lazily. A job checks what it is
given, runs, and returns a typed result that shows, plots and saves itself; whether the ratings are
the bundled SYNTHETIC SAMPLE travels with them.
"""
