"""The exported pairs in TRL itself."""

from __future__ import annotations

import warnings
from pathlib import Path

import datasets
import pytest

from mentalbench_hf.data.rated_replies import read_rated_replies
from mentalbench_hf.ecosystem.preference_files import write_preferences
from mentalbench_hf.ecosystem.preferences import Preferences
from mentalbench_hf.sources import open_source


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> datasets.DatasetDict:
    folder = tmp_path_factory.mktemp("pairs")
    preferences = Preferences(read_rated_replies(open_source("sample")), name="CSS")
    write_preferences(preferences, folder / "out", label="SYNTHETIC SAMPLE")
    return datasets.load_dataset(str(folder / "out"), cache_dir=str(folder / "cache"))


def test_trl_takes_them_for_explicit_conversational_preferences(
    pairs: datasets.DatasetDict,
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from trl.data_utils import is_conversational, maybe_extract_prompt
    for row in pairs["test"]:
        assert is_conversational(row)
        assert maybe_extract_prompt(dict(row)) == row  # the prompt is explicit already
        assert not is_conversational({"prompt": row["prompt"][0]["content"]})


@pytest.mark.slow
@pytest.mark.model
def test_trl_trains_on_them_with_their_margins(
    smollm2: Path, pairs: datasets.DatasetDict, tmp_path: Path
) -> None:
    """One step of TRL's reward trainer; a small random model, the real tokenizer and template."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch
        from transformers import AutoTokenizer, LlamaConfig, LlamaForSequenceClassification
        from trl import RewardConfig, RewardTrainer

        torch.manual_seed(0)
        tokenizer = AutoTokenizer.from_pretrained(smollm2)
        tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
        config = LlamaConfig(
            vocab_size=len(tokenizer), hidden_size=16, intermediate_size=16, num_hidden_layers=1,
            num_attention_heads=2, num_labels=1, pad_token_id=tokenizer.pad_token_id,
        )  # fmt: skip
        seen: list[torch.Tensor] = []

        class Watched(RewardTrainer):
            def compute_loss(self, model, inputs, *arguments, **options):  # type: ignore[no-untyped-def]
                seen.append(inputs["margin"].clone())
                return super().compute_loss(model, inputs, *arguments, **options)

        trainer = Watched(
            model=LlamaForSequenceClassification(config),
            args=RewardConfig(
                output_dir=str(tmp_path), max_steps=1, per_device_train_batch_size=4,
                report_to=[], use_cpu=True, bf16=False, max_length=512, save_strategy="no",
            ),
            train_dataset=pairs["train"].select(range(8)),
            processing_class=tokenizer,
        )  # fmt: skip
        trainer.train()
    assert [len(margins) for margins in seen] == [4]
    assert set(seen[0].tolist()) <= {float(m) for m in pairs["train"]["margin"][:8]}
    assert min(seen[0].tolist()) >= 1
