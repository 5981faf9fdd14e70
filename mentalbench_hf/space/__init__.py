"""The Gradio Space: ten responses side by side, and what the judges made of them.

Importing this package starts nothing; gradio is imported by `mentalbench_hf.space.app` only.
"""
