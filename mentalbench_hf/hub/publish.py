"""Publish a repository: one atomic commit, then a tag; nothing is left half done.

The state of the remote is read first; what is there already is not sent again, and what should not
change is refused before anything is uploaded.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mentalbench_hf._version import __version__
from mentalbench_hf.errors import PublishError
from mentalbench_hf.hub.build import MARKER
from mentalbench_hf.hub.repositories import Repository

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile

#: Made by the Hub for every repository; not ours to remove.
_OF_THE_HUB: Final = frozenset({".gitattributes"})
_UNTOUCHED: Final = "The remote is as it was."
_LEFT_EMPTY: Final = "The new repository, still empty, could not be removed again."
_VERSION_TAG: Final = re.compile(r"v?\d+(\.\d+)*")


class Change(StrEnum):
    """What publishing does to a file."""

    ADD = "add"
    CHANGE = "change"
    DELETE = "delete"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file of a repository, here or there.

    Attributes:
        path: in the repository.
        change: what publishing does to it.
        n_bytes: its size after publishing; for a deleted file before.
    """

    path: str
    change: Change
    n_bytes: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What publishing a repository would do.

    Attributes:
        repository: what is to be published.
        repo_id: namespace and name.
        tag: the tag it gets.
        files: every file, by path.
        head: the remote's present commit; None when the repository is not there yet.
        private: whether it is or would be private.
        tagged: whether the tag is there and holds exactly these files.
    """

    repository: Repository
    repo_id: str
    tag: str
    files: tuple[FileChange, ...]
    head: str | None
    private: bool
    tagged: bool

    @property
    def changes(self) -> list[FileChange]:
        """The files that a commit would touch."""
        return [f for f in self.files if f.change is not Change.SAME]


@dataclass(frozen=True, slots=True)
class Published:
    """What was done.

    Attributes:
        plan: what was planned.
        commit: the commit that the tag names; None when the tag was there already.
        url: where to look.
    """

    plan: Plan
    commit: str | None
    url: str


def make_plan(
    api: HfApi, repository: Repository, namespace: str, *, tag: str | None, private: bool
) -> Plan:
    """Compare a repository with the remote, without changing anything.

    Args:
        api: the Hub; its token is used and never shown.
        repository: what is to be published.
        namespace: the user or organisation.
        tag: the tag; None for ``v`` and the version.
        private: whether a new repository is private.

    Raises:
        PublishError: the Hub cannot be read, the tag is there and holds other files or does not fit
            the version, or the repository is public and `private` was asked for.
    """
    from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    own_tag = f"v{repository.version}"
    tag = tag or own_tag
    if _VERSION_TAG.fullmatch(tag) and tag != own_tag and not repository.any_tag:
        raise PublishError(
            f"{repository.name} is version {repository.version}, so its tag is {own_tag}, "
            f"not {tag}. Leave tag= out, or name something that is not a version."
        )
    repo_id = f"{namespace}/{repository.name}"
    kind = repository.kind
    try:
        validate_repo_id(repo_id)
    except HFValidationError as error:
        raise PublishError(f"{namespace!r} cannot be a namespace: {error}") from None
    with _told(repo_id):
        try:
            info = api.repo_info(repo_id, repo_type=kind)
        except RepositoryNotFoundError:
            files = tuple(_additions(repository))
            return Plan(repository, repo_id, tag, files, None, private, tagged=False)
        tags = {t.name: t.target_commit for t in api.list_repo_refs(repo_id, repo_type=kind).tags}
        there = _tree(api, repo_id, kind, info.sha)
        files = tuple(_compare(repository, there))
        if MARKER not in there and any(f.change is Change.DELETE for f in files):
            raise PublishError(
                f"{repo_id} is there, and this package did not publish it (it has no {MARKER}). "
                "Publishing would remove its files; move it away, or use another namespace. "
                "Nothing was uploaded."
            )
        tagged = False
        if tag in tags:
            at_tag = _compare(repository, _tree(api, repo_id, kind, tags[tag]))
            other = [f.path for f in at_tag if f.change is not Change.SAME]
            if other:
                raise PublishError(
                    f"{repo_id} has the tag {tag} already, at {tags[tag][:8]}, and "
                    f"{len(other)} file(s) differ there: {', '.join(other[:5])}. "
                    "A published version is never moved; raise the version. Nothing was uploaded."
                )
            tagged = True
    if private and not info.private:
        raise PublishError(
            f"{repo_id} is public, and private= was given. Change it in the repository's "
            "settings, or leave private= out. Nothing was uploaded."
        )
    return Plan(repository, repo_id, tag, files, info.sha, bool(info.private), tagged)


def carry_out(api: HfApi, plan: Plan) -> Published:
    """Do what was planned: create the repository, commit once, tag.

    A commit is refused by the Hub when somebody else committed in between. A repository made for
    this is removed again when its commit does not succeed.

    Raises:
        PublishError: the Hub refused or could not be reached. The message says whether the remote
            is as it was; doing the same again continues.
    """
    kind = plan.repository.kind
    where = "datasets/" if kind == "dataset" else "spaces/"
    url = f"{api.endpoint}/{where}{plan.repo_id}/tree/{plan.tag}"
    if plan.tagged:
        return Published(plan, None, url)
    head = plan.head
    if head is None or plan.changes:
        head = _commit(api, plan)
    state = _State(f"The files are on main at {head[:8]}, without the tag.")
    with _told(plan.repo_id, state):
        api.create_tag(plan.repo_id, tag=plan.tag, revision=head, repo_type=kind)
    return Published(plan, head, url)


def _commit(api: HfApi, plan: Plan) -> str:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    repo, kind = plan.repository, plan.repository.kind
    head, fresh = plan.head, plan.head is None
    operations: list[CommitOperationAdd | CommitOperationDelete] = [
        CommitOperationDelete(f.path)
        if f.change is Change.DELETE
        else CommitOperationAdd(f.path, repo.folder / f.path)
        for f in plan.changes
    ]
    state = _State()
    with _told(plan.repo_id, state):
        if fresh:
            sdk = "gradio" if kind == "space" else None
            api.create_repo(plan.repo_id, repo_type=kind, private=plan.private, space_sdk=sdk)
            state.text = _LEFT_EMPTY
            head = str(api.repo_info(plan.repo_id, repo_type=kind).sha)
        try:
            # Of one parent: a commit by somebody else in between makes the Hub refuse this one.
            made = api.create_commit(
                plan.repo_id,
                operations,
                commit_message=f"Publish {repo.name} {repo.version}",
                commit_description=f"Made by mentalbench-hf {__version__}.",
                repo_type=kind,
                parent_commit=head,
            )
            return str(made.oid)
        except BaseException as error:
            landed = _landed(api, plan, head, state)
            if landed is None or not isinstance(error, Exception):
                raise
            return landed


@dataclass(slots=True)
class _State:
    """What is known of the remote after a failure; ends the message."""

    text: str = _UNTOUCHED


def _landed(api: HfApi, plan: Plan, before: str | None, state: _State) -> str | None:
    """After a failed call: the commit if it arrived all the same; else clean up.

    An answer can be lost after the Hub has committed. A repository that was made for this and still
    holds nothing of ours is removed.
    """
    kind = plan.repository.kind
    try:
        now = str(api.repo_info(plan.repo_id, repo_type=kind).sha)
        if now != before:
            tree = _tree(api, plan.repo_id, kind, now)
            same = all(f.change is Change.SAME for f in _compare(plan.repository, tree))
            return now if same else None
    except Exception:
        state.text = "Whether the commit arrived could not be found out."
        return None
    if plan.head is None:
        # Where this fails, the text says that the repository is left.
        with suppress(Exception):
            api.delete_repo(plan.repo_id, repo_type=kind)
            state.text = _UNTOUCHED
    return None


def _tree(api: HfApi, repo_id: str, kind: str, revision: str | None) -> dict[str, RepoFile]:
    from huggingface_hub.hf_api import RepoFile

    entries = api.list_repo_tree(repo_id, recursive=True, revision=revision, repo_type=kind)
    return {e.path: e for e in entries if isinstance(e, RepoFile)}


def _additions(repository: Repository) -> Iterator[FileChange]:
    for path in repository.files:
        yield FileChange(path, Change.ADD, (repository.folder / path).stat().st_size)


def _compare(repository: Repository, there: dict[str, RepoFile]) -> Iterator[FileChange]:
    for path in sorted({*repository.files, *there} - (_OF_THE_HUB - set(repository.files))):
        if path not in repository.files:
            yield FileChange(path, Change.DELETE, there[path].size)
            continue
        content = repository.folder / path
        size = content.stat().st_size
        if path not in there:
            yield FileChange(path, Change.ADD, size)
        else:
            change = Change.SAME if _same(content, there[path]) else Change.CHANGE
            yield FileChange(path, change, size)


def _same(path: Path, remote: RepoFile) -> bool:
    from huggingface_hub.utils.sha import git_hash

    if remote.lfs is None:
        return bool(git_hash(path.read_bytes()) == remote.blob_id)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == remote.lfs.sha256


@contextmanager
def _told(repo_id: str, state: _State | None = None) -> Iterator[None]:
    """Turn what the Hub and the network raise into one clear error, without any token."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    state = state or _State()
    try:
        yield
    except HfHubHTTPError as error:
        status = error.response.status_code
        raise PublishError(f"{repo_id}: {_reason(status, error)} {state.text}") from None
    # RuntimeError: how the client reports a file that could not be sent.
    except (httpx2.HTTPError, OSError, RuntimeError, ValueError) as error:
        raise PublishError(
            f"{repo_id}: the exchange with the Hub failed "
            f"({type(error).__name__}: {error}). {state.text} "
            "Run the same command again to continue."
        ) from None


def _reason(status: int, error: Any) -> str:
    if status == 401:
        return (
            "the Hub does not know you. Log in with `hf auth login`, or set HF_TOKEN to a token "
            "that may write."
        )
    if status == 403:
        return (
            "the token may not write there. Use one with write access to this namespace "
            f"({error.server_message or 'forbidden'})."
        )
    if status == 409:
        return f"the Hub reports a conflict ({error.server_message}). Run the command again."
    if status == 412:
        return "somebody committed at the same time. Run the command again to see the difference."
    return f"the Hub answered {status} ({error.server_message or 'no message'}). Try again later."
