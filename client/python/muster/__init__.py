"""A thin client of muster, a service registry. Standard library only; Python 3.9 and later."""
import logging

from .client import Client
from .errors import LimitReached, MusterError, NoEndpoint, Refused, SettingError, Unavailable
from .listing import Endpoint, Listing
from .registration import Registration
from .settings import Settings

__version__ = "0.1.0"
__all__ = ["Client", "Endpoint", "LimitReached", "Listing", "MusterError", "NoEndpoint", "Refused", "Registration",
           "SettingError", "Settings", "Unavailable", "__version__"]

logging.getLogger("muster").addHandler(logging.NullHandler())  # silent, unless the program configures logging
