"""The grid of tiles shows all of them, and none over another."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from skcurve.plotting.tiles import Tile, Tiles

tile_shapes = st.builds(
    Tile,
    width=st.floats(0.5, 0.9),
    height=st.floats(0.2, 2.0),
    gap=st.floats(0.1, 0.6),
    beside=st.floats(0.5, 0.8),
)
grids = st.builds(Tiles, st.integers(2, 60), st.integers(1, 20), tile_shapes)
rooms = st.tuples(st.floats(1, 12), st.floats(1, 12))


@given(grids)
def test_tiles_and_ribbon_are_in_sight(tiles):
    points = np.concatenate(tiles.ways())
    (left, right), (bottom, top) = tiles.xlim, tiles.ylim
    assert ((left < points[:, 0]) & (points[:, 0] < right)).all()
    half = np.array(tiles.tile[:2]) / 2
    low, high = tiles.centers() - half, tiles.centers() + half
    assert (low > (left, bottom)).all() and (high < (right, top)).all()


@given(grids)
def test_no_tile_lies_over_another(tiles):
    apart = np.abs(tiles.centers()[:, None] - tiles.centers()[None])
    is_clear = (apart[..., 0] > tiles.tile.width) | (apart[..., 1] > tiles.tile.height)
    assert (is_clear | np.eye(tiles.n_tiles, dtype=bool)).all()


@given(st.integers(2, 300), tile_shapes, rooms)
def test_filling_a_room_makes_the_tiles_as_large_as_a_power_of_two_can(n_tiles, tile, room):
    tiles = Tiles.filling(n_tiles, tile, room)
    scale = tiles.scale(room)
    assert scale * tiles.size[0] <= room[0] * (1 + 1e-9)
    assert scale * tiles.size[1] <= room[1] * (1 + 1e-9)
    for k in range(6):
        if 2**k <= n_tiles:
            assert Tiles(n_tiles, 2**k, tile).scale(room) <= scale
