"""Ratings of mental-health support replies by a language model, as an `evaluate` module."""

import datasets
import evaluate

from mentalbench_hf.inference.metric import DESCRIPTION, KWARGS_DESCRIPTION, judge_texts
from mentalbench_hf.schema.paper import PAPER_BIBTEX

_CITATION = """\
@software{mentalbench_hf,
  title={mentalbench-hf: MentalBench-100k and MentalAlign-70k for Hugging Face},
  author={{The mentalbench-hf authors}}, year={2026}
}
"""
_CITATION += PAPER_BIBTEX


@evaluate.utils.file_utils.add_start_docstrings(DESCRIPTION, KWARGS_DESCRIPTION)
class MentalBenchJudge(evaluate.Metric):
    """Seven attributes, CSS and ARS of replies, as a judge rates them."""

    def _info(self):
        return evaluate.MetricInfo(
            description=DESCRIPTION,
            citation=_CITATION,
            inputs_description=KWARGS_DESCRIPTION,
            features=datasets.Features(
                {
                    "predictions": datasets.Value("string"),
                    "references": datasets.Value("string"),
                }
            ),
        )

    def _compute(self, predictions, references, **options):
        return judge_texts(predictions, references, **options)
