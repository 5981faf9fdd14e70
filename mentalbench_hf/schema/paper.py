"""The paper that describes both benchmarks."""

from __future__ import annotations

from typing import Final

PAPER: Final = (
    "Badawi et al. (2026). When Can We Trust LLMs in Mental Health? EACL 2026, long papers, 180. "
    "https://doi.org/10.18653/v1/2026.eacl-long.180, arXiv:2510.19032."
)
PAPER_BIBTEX: Final = """\
@inproceedings{badawi2026trust,
  title={When Can We Trust {LLM}s in Mental Health?},
  author={Badawi and others},
  booktitle={EACL 2026, long papers}, number={180}, year={2026},
  doi={10.18653/v1/2026.eacl-long.180}, eprint={2510.19032}, archiveprefix={arXiv}
}
"""
