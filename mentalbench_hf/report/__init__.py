"""Tables, figures and pages made from results."""

from mentalbench_hf.callable_room import make_callable

make_callable(__name__, "mentalbench_hf.front.reporting")
