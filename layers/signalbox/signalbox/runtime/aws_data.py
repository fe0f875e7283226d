"""botocore's own data, cut to what one function calls: tools/aws_data.py puts it into its package.

botocore looks through the data of 400 services to find that of one. Where a package brings a
folder ``aws-data``, the services in it are read from there, and all others from botocore's own.
"""

from __future__ import annotations

import os

import botocore.session
from botocore.loaders import Loader

FOLDER = "aws-data"


class Sessions:
    """Sessions of botocore that make clients, at most one for cut data and one for all of it."""

    def __init__(self, root: str | None = None) -> None:
        """``root`` is the folder of the function's package; in Lambda the environment says it."""
        task = os.environ.get("LAMBDA_TASK_ROOT", "") if root is None else root
        self._folder = os.path.join(task, FOLDER) if task else ""
        self._kept: dict[bool, botocore.session.Session] = {}

    def of(self, service: str) -> botocore.session.Session:
        """The session that makes the client of ``service``, from cut data where there is some."""
        cut = bool(self._folder) and os.path.isdir(os.path.join(self._folder, service))
        if cut not in self._kept:
            self._kept[cut] = self._cut() if cut else botocore.session.Session()
        return self._kept[cut]

    def _cut(self) -> botocore.session.Session:
        session = botocore.session.Session()
        loader = Loader(extra_search_paths=[self._folder], include_default_search_paths=False)
        session.register_component("data_loader", loader)
        return session
