"""Find, fetch and verify the released files.

``open_source`` gives one object for the three places they may come from: upstream (downloaded from
the pinned commit, verified, cached), a folder of copies, or the bundled synthetic sample.
"""

from mentalbench_hf.sources.archive import extract_csv
from mentalbench_hf.sources.download import Progress, RefusedError, download
from mentalbench_hf.sources.locations import cache_dir
from mentalbench_hf.sources.records import (
    ARCHIVE,
    COMMIT,
    CSV_NAME,
    HUB_DATASET,
    REPO,
    SHEETS,
    UpstreamFile,
)
from mentalbench_hf.sources.source import Provenance, Source, SourceKind, open_source
from mentalbench_hf.sources.verify import Fingerprint, VerificationError, fingerprint, verify

__all__ = [
    "ARCHIVE",
    "COMMIT",
    "CSV_NAME",
    "HUB_DATASET",
    "REPO",
    "SHEETS",
    "Fingerprint",
    "Progress",
    "Provenance",
    "RefusedError",
    "Source",
    "SourceKind",
    "UpstreamFile",
    "VerificationError",
    "cache_dir",
    "download",
    "extract_csv",
    "fingerprint",
    "open_source",
    "verify",
]
