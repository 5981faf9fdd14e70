"""ICC reliability of a judge against human experts, as an `evaluate` module."""

import datasets
import evaluate

from mentalbench_hf.reliability.metric import DESCRIPTION, KWARGS_DESCRIPTION, pair_reliability
from mentalbench_hf.schema.paper import PAPER_BIBTEX

_CITATION = """\
@article{mcgraw1996forming,
  title={Forming inferences about some intraclass correlation coefficients},
  author={McGraw, Kenneth O. and Wong, Seok P.},
  journal={Psychological Methods}, volume={1}, number={1}, pages={30--46}, year={1996}
}
"""
_CITATION += PAPER_BIBTEX


@evaluate.utils.file_utils.add_start_docstrings(DESCRIPTION, KWARGS_DESCRIPTION)
class MentalAlignICC(evaluate.Metric):
    """ICC(C,1), ICC(A,1) and bias of a judge, with intervals and a verdict."""

    def _info(self):
        return evaluate.MetricInfo(
            description=DESCRIPTION,
            citation=_CITATION,
            inputs_description=KWARGS_DESCRIPTION,
            features=datasets.Features(
                {
                    "predictions": datasets.Value("float64"),
                    "references": datasets.Value("float64"),
                }
            ),
            reference_urls=["https://doi.org/10.1037/1082-989X.1.1.30"],
        )

    def _compute(self, predictions, references, **options):
        return pair_reliability(predictions, references, **options)
