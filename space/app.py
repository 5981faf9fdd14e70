"""The Hugging Face Space of mentalbench-hf; all logic is in the package."""

from mentalbench_hf.space.launch import serve

serve()
