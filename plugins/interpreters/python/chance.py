"""Seeds the generator behind the module `random`.

The component, and any instance from which others start, is a snapshot: without this, all would draw the
same numbers. It knows nothing of scripts beyond that.
"""

import random

from wit_world.imports import script

WORDS = 4
"""64 bits each: what a seed that nobody can guess is made of."""


class Seed:
    """Whose seed the generator has."""

    def __init__(self):
        self.is_scripts_own = False
        self.state = None
        self._seed = random.seed
        random.seed = self.seed

    def seed(self, a=None, version=2):
        """`random.seed`, for scripts: one that gives a seed wants the same numbers each time."""
        self.is_scripts_own = a is not None
        self._seed(a, version)

    def draw(self):
        """Seeds anew, unless the script has given a seed."""
        if self.is_scripts_own:
            return
        words = [script.random() for _ in range(WORDS)]
        self._seed(b"".join(word.to_bytes(8, "little") for word in words))

    def draw_for_evaluation(self):
        """Seeds for the top level of the script."""
        self.draw()
        self.state = random.getstate()

    def tell_use(self):
        """Lets eco know whether the top level has drawn any numbers."""
        if random.getstate() != self.state:
            script.random()
        self.state = None


SEED = Seed()
