"""Every scenario, once, for all languages."""
from . import choosing, ending, failing_over, finding, protection, registering

MODULES = (registering, finding, protection, failing_over, choosing, ending)
