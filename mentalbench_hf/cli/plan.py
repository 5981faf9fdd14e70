"""The study planner on the command line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import typer

from mentalbench_hf.choices import Level
from mentalbench_hf.cli.emit import emit
from mentalbench_hf.cli.options import FormatOption, LevelOption, SourceOption, TableFormat
from mentalbench_hf.cli.ratings_options import OwnRatings, takes_ratings

_FORMATS: Final = (".png", ".svg", ".pdf")


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(rich_help_panel="Reliability")(takes_ratings(plan))


def _picture(out: Path | None) -> Path | None:
    """Refuse, before anything is computed, a file that no plot can be drawn into."""
    if out is not None and out.suffix.lower() not in _FORMATS:
        raise typer.BadParameter(
            f"{out} does not end in a picture format; give a name that ends in one of "
            f"{', '.join(_FORMATS)}, such as {out.with_suffix('.png')}",
            param_hint="--out",
        )
    return out


def plan(
    own: OwnRatings,
    name: Annotated[str, typer.Option(help="Attribute or axis.")],
    judge: Annotated[
        str | None, typer.Option(help="The judge the study is about; needed without --expert.")
    ] = None,
    expert: Annotated[
        list[str] | None,
        typer.Option(
            help="Plan a panel of experts from two or more (repeat): how many per reply, how many "
            "replies?"
        ),
    ] = None,
    source: SourceOption = "upstream",
    level: LevelOption = None,
    conversations: Annotated[
        list[int] | None, typer.Option(help="Numbers of conversations to try; may be repeated.")
    ] = None,
    systems: Annotated[
        list[int] | None, typer.Option(help="Numbers of systems to try; may be repeated.")
    ] = None,
    ratings_per_reply: Annotated[
        list[int] | None, typer.Option(help="Human ratings averaged per reply; may be repeated.")
    ] = None,
    other_systems: Annotated[
        bool,
        typer.Option("--other-systems", help="Plan for statements on other systems than those."),
    ] = False,
    human_share: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="Assumed share of the residual disagreement that is the human rating's own; the "
            "data cannot tell it.",
        ),
    ] = 0.5,
    low: Annotated[
        float | None, typer.Option(help="Wanted lower bound: name the smallest study for it.")
    ] = None,
    width: Annotated[
        float | None, typer.Option(help="Wanted width: name the smallest study for it.")
    ] = None,
    output: FormatOption = "table",
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Draw a plot into a .png, .svg or .pdf.", callback=_picture
        ),
    ] = None,
) -> None:
    """How many conversations, systems and human ratings does a study need?

    From the variance components of the ratings (conversation × system × rater), the expected ICC
    and its interval for every size, and the smallest study for a wanted lower bound or width.
    With --expert: how many experts per reply, and how many replies, for their mean.

    Example: mentalbench plan --source sample --judge sample-judge-2 --name Safety --low 0.5
    """
    if expert:
        if out is not None:
            raise typer.BadParameter("there is no plot of panels yet", param_hint="--out")
        sizes = ratings_per_reply, conversations
        _plan_panel(own, expert, name, source, level, sizes, output, low, width)
        return
    if judge is None:
        raise typer.BadParameter("say which judge the study is about", param_hint="--judge")
    from mentalbench_hf.front.studies import plan as expect
    from mentalbench_hf.front.studies import smallest_study

    studies = expect(
        own.ratings(source),
        judge,
        name,
        level=level,
        conversations=conversations or (50, 100, 200, 400, 800, 1600),
        systems=systems,
        ratings_per_reply=ratings_per_reply or (1, 2, 3),
        other_systems=other_systems,
        human_share=human_share,
    )
    emit(studies, output)
    if low is not None or width is not None:
        found = smallest_study(studies, low=low, width=width)
        typer.echo(
            "none of these sizes is expected to reach that; more conversations narrow the "
            "interval, but do not raise the reliability"
            if found is None
            else f"smallest study: {found.n_conversations} conversations × {found.n_systems} "
            f"systems × {found.ratings_per_reply} human rating(s) = "
            f"{found.n_human_ratings:,} human ratings, expected interval {found.low:.3f} to "
            f"{found.high:.3f}",
            err=True,
        )
    if out is not None:
        figure = studies.plot().get_figure(root=True)
        assert figure is not None
        out.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(out, dpi=200)
        typer.echo(f"written: {out}", err=True)


def _plan_panel(
    own: OwnRatings,
    experts: list[str],
    name: str,
    source: str,
    level: Level | None,
    sizes: tuple[list[int] | None, list[int] | None],
    output: TableFormat,
    low: float | None,
    width: float | None,
) -> None:
    from mentalbench_hf.front.studies import plan_panel, smallest_study

    reference = (own.references or experts)[:1]
    ratings = replace(own, options={**own.options, "reference": reference}).ratings(source)
    panels = plan_panel(
        ratings, experts, name, level=level, experts_per_reply=sizes[0], replies=sizes[1]
    )
    emit(panels, output)
    if low is None and width is None:
        return
    best = smallest_study(panels, low=low, width=width)
    typer.echo(
        "none of these panels is expected to reach that; more experts raise the reliability, more "
        "replies narrow the interval"
        if best is None
        else f"smallest panel: {best.n_raters} experts × {best.n_items} replies, expected interval "
        f"{best.low:.3f} to {best.high:.3f}",
        err=True,
    )
