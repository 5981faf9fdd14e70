"""Start the page: on this machine, or as a deployed Space."""

from __future__ import annotations

import importlib.util
import socket
import threading
from collections.abc import Callable

from mentalbench_hf.errors import MentalBenchError, MissingExtraError
from mentalbench_hf.space.options import SpaceOptions, options_from_environment


def serve(
    options: SpaceOptions | None = None,
    *,
    host: str | None = None,
    port: int | None = None,
    announce: Callable[[str], None] | None = None,
) -> None:
    """Serve the page until the process is stopped.

    Args:
        options: by default those of the environment.
        host: address to listen on; None leaves it to gradio (as a Space needs it).
        port: 0 for a free one; None leaves it to gradio.
        announce: called with the page's address once it answers.

    Raises:
        MissingExtraError: gradio is not installed.
        MentalBenchError: the data, a judge, the ratings' folder or the port cannot be used.
    """
    if importlib.util.find_spec("gradio") is None:
        raise MissingExtraError("The page", "space")
    from mentalbench_hf.space.app import build_app, launch_options
    from mentalbench_hf.space.find_data import open_store
    from mentalbench_hf.space.reliability_shown import Results

    options = options or options_from_environment()
    store = open_store(options.source)
    results = Results(store)
    app = build_app(store, options, results)
    # The first reader to open Reliability shall not wait for the bootstrap.
    threading.Thread(target=results.warm, name="reliability", daemon=True).start()
    if port == 0:
        with socket.socket() as probe:
            probe.bind((host or "127.0.0.1", 0))
            port = int(probe.getsockname()[1])
    try:
        _, url, _ = app.launch(
            server_name=host, server_port=port, prevent_thread_lock=True, **launch_options()
        )
    except OSError as error:
        raise MentalBenchError(
            f"port {port} cannot be used on {host}: is another page running? Give --port 0"
        ) from error
    if announce is not None:
        announce(url)
    try:
        app.block_thread()
    finally:
        app.close(verbose=False)
