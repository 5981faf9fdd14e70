"""The conversations as the Hugging Face Hub has them: the way round a missing archive."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from mentalbench_hf.errors import SourceError
from mentalbench_hf.sources.records import ARCHIVE, HUB_DATASET

#: Nothing else of the dataset is of use here.
PATTERNS: Final = ("*.parquet", "*.csv", ARCHIVE.name, f"*/{ARCHIVE.name}")


def fetch_snapshot(progress: bool = True) -> Path:
    """Fetch the data files of the Hub dataset into the Hub's own cache; return their folder.

    The folder's name is the commit that was fetched. Endpoint, cache, token and offline mode are
    those of ``huggingface_hub``.

    Args:
        progress: whether bars may go to stderr; they do so only when it is a terminal.

    Raises:
        SourceError: if the Hub cannot be reached, does not have it, or refuses.
    """
    import httpx2
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import RevisionResolutionError
    from tqdm.auto import tqdm

    class Bar(tqdm):  # tqdm has no types
        """A bar for people only."""

        def __init__(self, *args: object, **options: object) -> None:
            options.pop("name", None)
            options["disable"] = None if progress else True
            super().__init__(*args, **options)

    try:
        folder = snapshot_download(
            HUB_DATASET, repo_type="dataset", allow_patterns=list(PATTERNS), tqdm_class=Bar
        )
    # Offline mode, HTTP errors and missing cache entries of the Hub library are OSErrors.
    except (OSError, ValueError, httpx2.HTTPError, RevisionResolutionError) as error:
        reason = str(error).strip().splitlines()
        raise SourceError(
            f"the Hub dataset {HUB_DATASET} cannot be fetched: "
            f"{reason[0] if reason else type(error).__name__}"
        ) from error
    return Path(folder)
