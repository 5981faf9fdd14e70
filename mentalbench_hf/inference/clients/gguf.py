"""GGUF files: converted once to a folder that transformers reads quickly."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
from pathlib import Path
from typing import Any, Final

from mentalbench_hf.errors import RunError

logger = logging.getLogger(__name__)
_READY: Final = "converted.json"


def find_gguf(path: Path) -> Path | None:
    """Return the GGUF file that a path means: the file itself, or the only one in a folder.

    A folder that also holds a model in transformers' own form is not a GGUF folder.

    Raises:
        RunError: the folder holds several GGUF files and no other model.
    """
    if path.is_file() and path.suffix.lower() == ".gguf":
        return path
    if not path.is_dir() or (path / "config.json").exists():
        return None
    files = sorted(path.glob("*.gguf"))
    if len(files) > 1:
        names = ", ".join(f.name for f in files)
        raise RunError(f"{path} holds several GGUF files ({names}): give the path of one.")
    return files[0] if files else None


def converted_folder(gguf: Path, cache: Path) -> Path:
    """Return a transformers folder with the model of a GGUF file, converting it if needed.

    Reading a GGUF file takes transformers minutes, its own form seconds; so the conversion
    (32-bit floats, about eight times the size of a 4-bit file) is kept in the cache, under the
    hash of the file.
    """
    folder = cache / "gguf" / file_digest(gguf)[:24]
    if (folder / _READY).exists():
        return folder
    logger.warning("converting %s once; this takes about a minute per 100 MB", gguf.name)
    draft = folder.with_name(f"{folder.name}.{os.getpid()}")
    _convert(gguf, draft)
    (draft / _READY).write_text("{}", encoding="utf-8")
    if folder.exists():
        shutil.rmtree(folder)
    try:
        draft.replace(folder)
    except OSError:  # another process was faster
        if not (folder / _READY).exists():
            raise
        shutil.rmtree(draft)
    return folder


def file_digest(path: Path) -> str:
    """Return the sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _convert(gguf: Path, out: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    where = {"gguf_file": gguf.name}
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, **where)
    model: Any = AutoModelForCausalLM.from_pretrained(gguf.parent, dtype=torch.float32, **where)
    # The weights are plain floats by now, but the model still says that it is quantized, and
    # refuses to be saved.
    for name in ("hf_quantizer", "quantization_method", "is_quantized"):
        model.__dict__.pop(name, None)
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
