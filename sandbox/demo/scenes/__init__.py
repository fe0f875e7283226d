"""The story, in order."""

from sandbox.demo.scenes.bad import BAD_RELEASE
from sandbox.demo.scenes.cleanup import CLEANUP
from sandbox.demo.scenes.failing import FAILING_RELEASE
from sandbox.demo.scenes.good import GOOD_RELEASE

SCENES = (GOOD_RELEASE, BAD_RELEASE, CLEANUP, FAILING_RELEASE)
