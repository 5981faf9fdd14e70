"""Croissant metadata of a built dataset: what machines read about it (MLCommons, 2024)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mentalbench_hf.hub.card import data_file
from mentalbench_hf.report.markdown import SYNTHETIC_NOTICE
from mentalbench_hf.schema import (
    ATTRIBUTES,
    AXIS_NAMES,
    SPLIT,
    STATUS_MEANING,
    SYNTHETIC,
    DatasetSpec,
)
from mentalbench_hf.schema.paper import PAPER
from mentalbench_hf.sources.records import ARCHIVE

if TYPE_CHECKING:
    import pyarrow as pa

FILE: Final = "croissant.json"
_MIT: Final = "https://spdx.org/licenses/MIT.html"
_RELEASE: Final = f"https://github.com/{ARCHIVE.repo}"
_CONTEXT: Final = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataBiases": "cr:dataBiases",
    "dataCollection": "cr:dataCollection",
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "personalSensitiveInformation": "cr:personalSensitiveInformation",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_ABOUT: Final = {
    "conversation_id": "the conversation, numbered as released (ConvID)",
    "context": "what the person wrote",
    "system": "who wrote the response",
    "response": "the response",
    "n_words": "runs of characters without white space in the response",
    "rater": "who rated the response: human, that is one of the experts, or a judge",
    "attribute": f"what was rated: {', '.join(ATTRIBUTES)}",
    "axis": " or ".join(f"{k} ({v})" for k, v in AXIS_NAMES.items()),
    "rating": "an integer from 1 to 5; null where the status says why",
    "expert": "the style of the human rating, a letter; which person it is, is not recorded; null "
    "for judges",
    "block": "the run of conversations of one style that the human rating stands in, from 1; null "
    "for judges",
    "status": "; ".join(f"{s}: {m}" for s, m in STATUS_MEANING.items()),
    "response_status": "whether there was a response to rate",
    "raw": "the judge's reply as released",
    "parse_status": "how the judge's reply was read",
    "parse_reason": "why it could not be read as it stands",
    "explanation": "the judge's own words",
    "overall": "the judge's own overall score",
}


#: What identifies a row, as far as a table has it.
_KEY: Final = ("conversation_id", "system", "rater", "attribute")


def croissant(
    spec: DatasetSpec, schemas: Mapping[str, pa.Schema], folder: Path, *, synthetic: bool
) -> dict[str, Any]:
    """Return the metadata of a built folder as JSON-LD, Croissant 1.0.

    Args:
        spec: the dataset.
        schemas: configuration -> columns and types of its table.
        folder: the folder; its Parquet files are named relative to it, with their hashes.
        synthetic: whether it is the sample.
    """
    paths = list(dict.fromkeys(data_file(spec, config) for config in schemas))
    text = "; ".join(f"{t}: {about}" for t, about in spec.tables.items())
    description = f"{spec.title}, version {spec.version}. {text}."
    if synthetic:
        description = f"{SYNTHETIC_NOTICE.replace('**', '')} {description}"
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": f"{SYNTHETIC} {spec.title}-sample" if synthetic else spec.title,
        "description": description,
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "license": _MIT,
        "url": _RELEASE,
        "version": spec.version,
        "citeAs": f"{PAPER} Built by the package mentalbench-hf from {_RELEASE}.",
        "inLanguage": "en",
        "isLiveDataset": False,
        "personalSensitiveInformation": (
            "Invented texts." if synthetic else "Posts by real people in mental distress."
        ),
        "distribution": [_file(folder, path) for path in paths],
        "recordSet": [
            _record_set(config, schema, data_file(spec, config))
            for config, schema in schemas.items()
        ],
    }


def _file(folder: Path, path: str) -> dict[str, Any]:
    with (folder / path).open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "@type": "cr:FileObject",
        "@id": path,
        "name": path,
        "contentUrl": path,
        "contentSize": f"{(folder / path).stat().st_size} B",
        "encodingFormat": "application/x-parquet",
        "sha256": sha256,
    }


def _record_set(config: str, schema: pa.Schema, path: str) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": config,
        "name": config,
        "description": f"The configuration {config}; its only split is {SPLIT}.",
        "key": [{"@id": f"{config}/{name}"} for name in _KEY if name in schema.names],
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{config}/{column.name}",
                "name": column.name,
                "description": _about(column.name),
                "dataType": _type(column),
                "source": {"fileObject": {"@id": path}, "extract": {"column": column.name}},
            }
            for column in schema
        ],
    }


def _about(column: str) -> str:
    """Return a column's meaning; names such as ``gpt-4o_Safety_status`` are put together."""
    if column in _ABOUT:
        return _ABOUT[column]
    name = column.removesuffix("_status")
    rater, _, attribute = name.rpartition("_")
    if attribute in ATTRIBUTES:
        what = "status of the rating" if name != column else "rating, 1 to 5 or null,"
        return f"{what} of {attribute} by {rater}"
    return f"the response by {column}"


def _type(column: pa.Field) -> str:
    import pyarrow as pa

    if pa.types.is_integer(column.type):
        return "sc:Integer"
    return "sc:Float" if pa.types.is_floating(column.type) else "sc:Text"
