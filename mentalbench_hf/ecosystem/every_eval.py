"""Agreement of a judge with experts as a record of Every Eval Ever (schema 0.3.0).

The judge is the evaluated model: a record holds, for every attribute, its mean agreement with the
experts, with the interval, and beside it the experts' own agreement.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from mentalbench_hf._version import __version__
from mentalbench_hf.errors import DataError

SCHEMA: Final = "0.3.0"
COLLECTION: Final = "mentalbench-panel"
_TITLES: Final = {
    "icc_a1": "ICC(A,1)",
    "icc_c1": "ICC(C,1)",
    "quadratic_weighted_kappa": "quadratic weighted kappa",
    "pearson": "Pearson correlation",
    "alpha": "ordinal Krippendorff alpha",
}


def agreement_records(
    panel: Mapping[str, Any],
    *,
    dataset: str,
    organization: str,
    retrieved: int,
    model_ids: Mapping[str, str] | None = None,
) -> dict[str, dict[str, Any]]:
    """Return a record for each judge of a panel, by where the datastore files it.

    Args:
        panel: what ``mentalbench panel --format json`` prints.
        dataset: name of the rated replies.
        organization: who ran the panel.
        retrieved: when the record is made, in seconds since 1970.
        model_ids: judge -> ``developer/model``; by default ``unknown/JUDGE``.

    Returns:
        ``data/COLLECTION/DEVELOPER/MODEL/UUID.json`` -> record.

    Raises:
        DataError: no panel, one without judges, a SYNTHETIC SAMPLE, or an unknown judge.
    """
    try:
        judges, rows = list(panel["judges"]), list(panel["agreement"])
        experts, synthetic = list(panel["experts"]), bool(panel["synthetic"])
    except (KeyError, TypeError) as error:
        raise DataError(
            "this is not what `mentalbench panel --format json` prints: it has no list 'agreement'"
        ) from error
    if synthetic:
        raise DataError("the panel is of the SYNTHETIC SAMPLE: it says nothing about a real judge")
    unknown = sorted(set(model_ids or {}) - set(judges))
    if unknown:
        raise DataError(f"no judge is called {unknown[0]!r}; judges: {', '.join(judges) or 'none'}")
    found = {}
    for judge in judges:
        results = list(_results(judge, rows, dataset, experts))
        if not results:
            continue
        identity = (model_ids or {}).get(judge, f"unknown/{judge}").replace(":", "-")
        record = {
            "schema_version": SCHEMA,
            "evaluation_id": f"{COLLECTION}/{identity.replace('/', '_')}/{retrieved}",
            "retrieved_timestamp": str(retrieved),
            "source_metadata": {
                "source_name": "mentalbench panel",
                "source_type": "evaluation_run",
                "source_organization_name": organization,
                "evaluator_relationship": "third_party",
            },
            "eval_library": {"name": "mentalbench-hf", "version": __version__},
            "model_info": {
                "name": judge,
                "id": identity,
                "additional_details": {
                    "deployment_type": "unknown",
                    "model_availability": "unknown",
                    "role": "judge",
                },
            },
            "evaluation_results": results,
        }
        found[f"data/{COLLECTION}/{identity}/{_uuid(record)}.json"] = record
    if not found:
        raise DataError("the panel holds no agreement of a judge with experts")
    return found


def _results(
    judge: str, rows: Sequence[Mapping[str, Any]], dataset: str, experts: Sequence[str]
) -> Iterator[dict[str, Any]]:
    for row in rows:
        if row["judge"] != judge or row["expert"] != "mean" or row["judge_expert"] is None:
            continue
        statistic = row["statistic"]
        title = _TITLES.get(statistic, statistic)
        beside = {
            f"expert_expert{end}": f"{row[f'expert_expert{end}']:.6g}"
            for end in ("", "_low", "_high")
            if row[f"expert_expert{end}"] is not None
        }
        uncertainty: dict[str, Any] = {"num_samples": row["n_items"]}
        if None not in (row["judge_expert_low"], row["judge_expert_high"]):
            uncertainty["confidence_interval"] = {
                "lower": row["judge_expert_low"],
                "upper": row["judge_expert_high"],
                "confidence_level": 0.95,
                "method": "percentile bootstrap over clusters",
            }
        yield {
            "evaluation_result_id": f"{row['attribute']}/{statistic}",
            "evaluation_name": f"agreement with experts: {row['attribute']}",
            "source_data": {"dataset_name": dataset, "source_type": "other"},
            "metric_config": {
                "evaluation_description": f"Mean {title} of the judge with each of "
                f"{len(experts)} experts on {row['attribute']}, on the same items as the "
                "agreement of the experts with each other (expert_expert).",
                "metric_id": f"mentalbench.{statistic}",
                "metric_name": title,
                "metric_kind": "agreement",
                "lower_is_better": False,
                "score_type": "continuous",
                "min_score": -1,
                "max_score": 1,
                "additional_details": beside,
            },
            "score_details": {"score": row["judge_expert"], "uncertainty": uncertainty},
        }


def _uuid(record: Mapping[str, Any]) -> str:
    """Return a version 4 UUID that is the record's own: the same record has the same name."""
    digest = hashlib.sha256(json.dumps(record, sort_keys=True).encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))
