"""Publishing as one call: choose, make, verify, compare with the Hub, upload and tag."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mentalbench_hf._version import __version__
from mentalbench_hf.choices import WHAT, What, check_choice
from mentalbench_hf.errors import PublishError
from mentalbench_hf.hub.publish import Plan, Published, carry_out, make_plan
from mentalbench_hf.hub.repositories import (
    GROUPS,
    Repository,
    prepare_dataset,
    prepare_metric,
    prepare_space,
)
from mentalbench_hf.schema import SYNTHETIC

if TYPE_CHECKING:
    from mentalbench_hf.sources import Source

#: Told what is being done, in a line.
Tell = Callable[[str], None]


def publish(
    what: What,
    namespace: str,
    source: Source | None,
    *,
    only: Sequence[str] = (),
    tag: str | None = None,
    private: bool = False,
    synthetic: bool = False,
    dry_run: bool = False,
    tell: Tell = lambda text: None,
    agreed: Callable[[list[Plan]], None] = lambda plans: None,
) -> list[Published]:
    """Make and verify repositories, upload each in one commit, and tag them.

    Everything is made and compared with the Hub before the first byte is sent.

    Args:
        what: which group of repositories.
        namespace: user or organisation on the Hub.
        source: where the datasets come from; None when none is published.
        only: these repositories of the group alone.
        tag: by default v and the version of what is published; a tag that is there never moves.
        private: make new repositories private.
        synthetic: agree to publish the SYNTHETIC SAMPLE under the datasets' names.
        dry_run: compare, and change nothing.
        tell: called with what is being done.
        agreed: called with the plans before anything is sent.

    Returns:
        What was published; empty for a dry run.

    Raises:
        PublishError: nobody is logged in, an unknown name, the sample without `synthetic`, or
            the Hub refused.
    """
    from huggingface_hub import HfApi, get_token

    names = chosen(what, only)
    with tempfile.TemporaryDirectory(prefix="mentalbench-publish-") as work:
        repositories = _prepare(names, source, Path(work), synthetic=synthetic, tell=tell)
        api = HfApi(library_name="mentalbench-hf", library_version=__version__)
        if not dry_run and not api.token and get_token() is None:
            raise PublishError(
                "You are not logged in to the Hub. Run `hf auth login`, or set HF_TOKEN to a "
                "token that may write. Nothing was uploaded."
            )
        plans = [make_plan(api, r, namespace, tag=tag, private=private) for r in repositories]
        agreed(plans)
        if dry_run:
            return []
        done = []
        for plan in plans:
            tell(summary(plan))
            done.append(carry_out(api, plan))
        return done


def chosen(what: What, only: Sequence[str] = ()) -> list[str]:
    """Return the names of the repositories of a group, all or some of them.

    Raises:
        PublishError: an unknown group, or a name that is not in it.
    """
    check_choice(what, WHAT, "group", PublishError)
    names = [n for group, all_ in GROUPS.items() if what in (group, "all") for n in all_]
    unknown = sorted(set(only) - set(names))
    if unknown:
        raise PublishError(f"{', '.join(unknown)}: not among {what}; choose of {', '.join(names)}")
    return [n for n in names if not only or n in only]


def summary(plan: Plan) -> str:
    """Return what carrying out a plan would do, in a line."""
    if plan.tagged:
        return f"{plan.repo_id}: nothing to do, {plan.tag} is there with these files"
    n_bytes = sum(f.n_bytes for f in plan.changes)
    state = "new repository" if plan.head is None else f"now at {plan.head[:8]}"
    visible = "private" if plan.private else "public"
    if plan.head is not None and not plan.changes:
        return f"{plan.repo_id} ({state}, {visible}): the files are there; tag {plan.tag}"
    return (
        f"{plan.repo_id} ({state}, {visible}): {len(plan.changes)} files in one commit, "
        f"{n_bytes / 2**20:.1f} MiB, then tag {plan.tag}"
    )


def _prepare(
    names: list[str], source: Source | None, work: Path, *, synthetic: bool, tell: Tell
) -> list[Repository]:
    """Make and verify every repository before the first one is sent."""
    wanted = set(names) & set(GROUPS["datasets"])
    if wanted and source is None:
        raise PublishError(f"{', '.join(sorted(wanted))}: say where the ratings come from")
    if wanted and source is not None and source.synthetic and not synthetic:
        raise PublishError(
            f"This would publish invented texts and ratings, the {SYNTHETIC}, under the "
            "datasets' names. If that is meant, for a trial, agree to it (synthetic); every card "
            f"will say {SYNTHETIC}."
        )
    made = []
    for name in names:
        tell(f"{name}: making and verifying …")
        if source is not None and name in GROUPS["datasets"]:
            made.append(prepare_dataset(name, source, work))
        elif name in GROUPS["metrics"]:
            made.append(prepare_metric(name, work))
        else:
            made.append(prepare_space(work))
        for note in made[-1].notes:
            tell(f"{name}: note: {note}")
    return made
