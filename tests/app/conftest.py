"""A small explorer with layers and attributes, and the page's server around it."""

import numpy as np
import pytest

from skcurve import LatentDirectionExplorer, PolylineCurve
from skcurve.app.answering import Server
from skcurve.app.studio import Studio
from skcurve.generators.sprites import ExactSprites

N_VERTICES = 9


def brightness(outputs):
    """Three numbers that need no network: how bright each colour is."""
    return np.asarray(outputs).mean((2, 3))


class Moody:
    """The sprites, but they fail or dawdle on demand."""

    def __init__(self):
        self.sprites = ExactSprites()
        self.latent_shape, self.n_layers = self.sprites.latent_shape, self.sprites.n_layers
        self.mood = lambda: None

    def __call__(self, latents):
        self.mood()
        return self.sprites(latents)

    def sample(self, n, random_state):
        return self.sprites.sample(n, random_state)


@pytest.fixture
def moody():
    return Moody()


@pytest.fixture
def make_explorer(moody):
    def make(generator=moody, **settings):
        vertices = ExactSprites().sample(N_VERTICES, 3)
        defaults = {
            "attributes": brightness,
            "attribute_names": ["red", "green", "blue"],
            "random_state": 0,
        }
        return LatentDirectionExplorer(
            PolylineCurve(vertices), generator, **{**defaults, **settings}
        )

    return make


@pytest.fixture
def explorer(make_explorer):
    return make_explorer()


@pytest.fixture
def studio(explorer):
    return Studio(explorer)


@pytest.fixture
def server(studio):
    server = Server(studio, patience=20.0)
    yield server
    server.close()


class Visitor:
    """Somebody at the server, who remembers what the page shows."""

    def __init__(self, server, name):
        self.server, self.name = server, name
        self.parts, self.facts, self.said, self.slow, self.files = {}, {}, "", "", []
        self.heard = 0

    def _see(self, updates):
        for update in updates:
            self.parts |= update.get("parts", {})
            self.facts = update.get("facts", self.facts)
            self.said = update.get("said", self.said)
            self.slow = update.get("slow", self.slow)
            self.heard = update["heard"]
            if "file" in update:
                self.files.append(update["file"])
            self.is_resting = bool(update.get("resting"))
        return self

    def arrive(self, **query):
        return self._see(self.server.arrive(self.name, query))

    def do(self, do, **parts):
        return self._see(self.server.answer(self.name, {"do": do, **parts}))

    def take(self, what, number=None, **sampling):
        message = {"what": what, "sampling": {"do": "sample", **sampling}, "number": number}
        return self._see(self.server.take(self.name, message))

    def bring(self, content, number=None):
        return self._see(self.server.bring(self.name, {"content": content, "number": number}))


@pytest.fixture
def visit(server):
    return lambda name="ann": Visitor(server, name)
