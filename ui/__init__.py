"""How it is shown: the command line, the page, and what programs reach."""

import os

# Read when gradio is imported or a page is made: nothing of what is asked here leaves the machine.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
# After each event gradio sums up with pandas all that came before, 10,000 of them, for a dashboard that is closed here.
os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "1"
os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = str(10**12)
