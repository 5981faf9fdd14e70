import evaluate
from evaluate.utils import launch_gradio_widget

module = evaluate.load("mentalalign_icc")
launch_gradio_widget(module)
