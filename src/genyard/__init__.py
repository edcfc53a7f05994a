"""Genyard: the whole life of a generative-AI system.

::

    import genyard

    with genyard.connect() as client:
        print(client.get(client.of_project("releases")))
"""

from genyard.core.errors import GenyardError

__all__ = ["GenyardError", "__version__"]

__version__ = "0.1.0"
