"""How it is shown: the command line, the page, and what programs reach."""

import os

# Read when gradio is imported: nothing of what is asked here leaves the machine.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
