"""The process that the crash test kills: judge RESPONSES against a server."""

from __future__ import annotations

import sys
from pathlib import Path

from mentalbench_hf.inference.clients.factory import ClientSettings
from mentalbench_hf.inference.items import file_items
from mentalbench_hf.inference.judge import JudgeConfig, judge
from mentalbench_hf.inference.run.calls import Limits
from mentalbench_hf.schema.models import ModelEntry, Via

if __name__ == "__main__":
    responses, url, out = sys.argv[1:]
    entry = ModelEntry("scripted", "scripted", via=Via.OPENAI, base_url=url)
    config = JudgeConfig((entry,), client=ClientSettings(concurrency=16), reply_format="plain")
    items = file_items(Path(responses), responses=True)
    summary = judge(Path(out), items, config, limits=Limits(concurrency=16, progress=False))
    sys.exit(0 if summary.finished else 3)
