"""Measured directions: pure ones are pure, mixtures are entangled, and the best come first."""

import numpy as np
import pytest
import torch

from skcurve import SFVQ, LatentDirectionExplorer, PolylineCurve
from skcurve.directions import RandomDirections, SegmentDirections
from skcurve.explorer import Direction, DirectionLibrary, Effects
from skcurve.explorer.direction import as_directions
from skcurve.generators import as_generator

from .conftest import N_FACTORS, NAMES, Exact, read_factors


def test_chords_along_one_factor_are_its_direction(explorer, exact):
    """Every even segment of the curve goes along one factor; the explorer finds which."""
    effects = explorer.effects()
    pure = [number for number in range(len(effects)) if not effects.entangled[number]]
    assert pure == [0, 2, 4, 6, 8, 10]
    for number in pure:
        one = effects.directions[number]
        factor = effects.main[number]
        assert factor == number // 2
        assert one.vector @ exact.turn[factor] > 0.95
        assert effects.purity[number] > 0.9
        assert effects.main_effect[number] > 0.5
        assert effects.consistency[number, factor] == pytest.approx(1)
        assert effects.monotonicity[number, factor] == pytest.approx(1)
        assert effects.linearity[number, factor] > 0.9
    assert not effects.weak.any()
    assert effects.flags()[1] == "entangled"


def test_a_mixture_of_two_factors_is_entangled(explorer, exact):
    mixtures = [exact.turn[0] + exact.turn[3], exact.turn[1] - 0.7 * exact.turn[5]]
    effects = explorer.effects(mixtures)
    assert effects.entangled.all()
    assert (effects.purity < 0.7).all()
    assert [one.strength for one in effects.directions] == pytest.approx([2**0.5, 1.49**0.5])


def test_an_effect_is_the_change_in_standard_deviations(make, exact):
    """Against the plain definition, at two strengths, on given latents."""
    latents = exact.sample(20, 5)
    spread = exact.sample(400, 6)
    explorer = make(latents=spread)
    (effects,) = explorer.effects(exact.turn[2], latents=latents, n_steps=2).effects
    ends = [exact.factors(latents + sign * exact.turn[2]) for sign in (1, -1)]
    scale = exact.factors(explorer._setting.reference[:256].numpy()).std(0)
    np.testing.assert_allclose(effects, (ends[0] - ends[1]).mean(0) / 2 / scale, atol=1e-12)


def test_layers_make_a_mixture_pure(explorer, exact):
    mixture = exact.turn[0] + exact.turn[3]
    assert explorer.effects(mixture).entangled == [True]
    coarse, fine = (explorer.effects(mixture, layers=layer) for layer in (0, 1))
    assert (coarse.main, coarse.purity > 0.99) == ([0], [True])
    assert (fine.main, fine.purity > 0.99) == ([3], [True])
    nothing = explorer.effects(mixture, layers=2)
    assert nothing.weak == [True]
    assert nothing.flags() == ["weak"]


def test_the_embedding_is_kept_or_turned(make, exact):
    explorer = make(identity=lambda outputs: read_factors(outputs)[:, :2])
    kept, turned = explorer.effects([exact.turn[4], 3 * exact.turn[0]]).identity
    assert kept == pytest.approx(1)
    assert turned < 0.8
    assert np.isnan(make().effects(exact.turn[:1]).identity).all()


def test_the_best_come_first(explorer, exact):
    rows = [exact.turn[0] + exact.turn[1], exact.turn[2], 0.02 * exact.turn[3], -2 * exact.turn[4]]
    effects = explorer.effects(rows)
    assert [one.name for one in effects.rank().directions] == [
        "direction 3",
        "direction 1",
        "direction 0",
        "direction 2",
    ]
    for by in ("score", "purity", "effect", "consistency", "monotonicity", "linearity", "light"):
        ranked = effects.rank(by)
        assert (np.diff(ranked.measure(by)[:-1]) <= 0).all()
        assert ranked.weak.tolist() == [False, False, False, True]
    assert effects.rank("light").directions[0].name == "direction 3"
    again = explorer.rank(rows, by="purity")
    assert [one.name for one in again.directions] == [
        one.name for one in effects.rank("purity").directions
    ]


def test_one_for_each_attribute(explorer, exact):
    rows = [exact.turn[0], 2 * exact.turn[0], exact.turn[1], exact.turn[1] + 0.2 * exact.turn[2]]
    best = explorer.rank(rows, per_attribute=1)
    assert [best.attribute_names[number] for number in best.main] == ["hue", "size"]
    assert [one.name for one in best.directions] == ["direction 1", "direction 2"]
    with pytest.raises(ValueError, match="per_attribute must be at least 1"):
        best.rank(per_attribute=0)


def test_named_after_what_they_change_and_turned_so_that_it_grows(explorer, exact):
    effects = explorer.effects([-exact.turn[0], exact.turn[1], 2 * exact.turn[0]])
    library = effects.to_library()
    assert list(library) == ["hue", "size", "hue 2"]
    np.testing.assert_allclose(library.vectors, exact.turn[[0, 1, 0]])
    assert explorer.effects(library).main_effect.min() > 0
    assert library["hue"].scores["purity"] == pytest.approx(effects.purity[0])
    assert library["hue"].scores["effect hue"] == pytest.approx(-effects.effects[0, 0])
    back = library["hue"].reversed()
    assert back.scores["effect hue"] == pytest.approx(effects.effects[0, 0])
    assert back.scores["effect"] == library["hue"].scores["effect"] > 0
    assert back.reversed().scores == library["hue"].scores
    turned = effects.turned()
    again = explorer.effects(turned.directions)
    np.testing.assert_allclose(again.effects, turned.effects, atol=1e-9)
    for by in ("consistency", "monotonicity", "linearity"):  # the others are rounding errors
        np.testing.assert_allclose(again.measure(by), turned.measure(by), atol=1e-9)
    assert (turned.main_effect > 0).all() and (turned.score == effects.score).all()
    assert list(effects.to_library(["a", "b", "c"])) == ["a", "b", "c"]
    with pytest.raises(ValueError, match="names must name 3 directions; got 1"):
        effects.to_library(["a"])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_what_is_constant_up_to_rounding_is_not_what_changes(dtype, make):
    def attributes(outputs):
        hue = read_factors(outputs)[:, 0]
        parts = np.exp(outputs.reshape(len(outputs), -1)).astype(dtype)
        total = (parts / parts.sum(1, keepdims=True)).sum(1)  # 1
        return np.stack([hue, np.full(len(hue), 0.1), 1000 * total], 1).astype(dtype)

    explorer = make(attributes=attributes, attribute_names=["hue", "constant", "total"])
    effects = explorer.effects(n_latents=16)
    assert explorer._setting.scale[0] > 0.1
    assert explorer._setting.scale[1:].tolist() == [0, 0]
    assert np.abs(effects.effects[:, 1]).max() == 0
    assert np.abs(effects.effects[:, 2]).max() < 1e-3  # in its own units
    assert (effects.main[::2][0], effects.purity[0] > 0.99) == (0, True)
    table = explorer._interpretation(1)
    assert table["changes"][12] == "hue" and np.abs(table["change total"][12:]).max() < 1e-3


def test_what_a_small_attribute_does_is_no_rounding(make):
    explorer = make(attributes=lambda outputs: 1 + 1e-6 * read_factors(outputs))
    np.testing.assert_allclose(
        explorer.effects(n_latents=4).effects, make().effects(n_latents=4).effects, rtol=1e-6,
        atol=1e-6,
    )  # fmt: skip


@pytest.mark.parametrize("again", ["fit", "partial_fit"])
def test_an_explorer_keeps_the_curve_of_its_estimator(again, make, exact):
    """Directions, edits and marks are all of the curve that was there in the beginning."""
    sfvq = SFVQ(3, random_state=0).fit(exact.sample(200, 0))
    explorer, other = make(curve=sfvq), make(curve=sfvq)
    coarse = Direction(np.diff(sfvq.codebooks_[2][:2], axis=0)[0], bitrate=2, ends=(0, 1))
    before = explorer.directions()
    getattr(sfvq, again)(50 + 9 * exact.sample(200, 1)[:, ::-1])
    for one, known in zip(other.directions(), before, strict=True):
        np.testing.assert_array_equal(one.vector, known.vector)
        assert (one.seed, one.bitrate) == (0, 3)
    zero = np.zeros((1, N_FACTORS))
    np.testing.assert_allclose(other.edit(zero, before[0]), other.edit(zero, 0))
    assert other.effects(coarse, n_latents=4).outlier.tolist() == [False]


def test_the_table_has_it_all(explorer):
    pytest.importorskip("pandas")
    effects = explorer.effects()
    frame = effects.to_frame()
    assert list(frame.index[:2]) == ["segment 0", "segment 1"]
    assert list(frame["changes"][::2]) == NAMES
    np.testing.assert_array_equal(frame[[f"effect {name}" for name in NAMES]], effects.effects)
    np.testing.assert_array_equal(frame["purity"], effects.purity)


def test_directions_from_and_to_outlier_vertices_are_flagged(exact):
    vertices = np.array([exact.turn[0] * 0, exact.turn[0], 40 * exact.turn[1], exact.turn[2]])
    explorer = LatentDirectionExplorer(
        PolylineCurve(vertices), exact, attributes=read_factors, random_state=0
    )
    assert explorer.effects().outlier.tolist() == [False, True, True]
    assert "outlier" in explorer.effects().flags()[1]
    assert not explorer.effects(exact.turn).outlier.any()
    way = vertices[2] - vertices[1]
    other = Direction(way, ends=(1, 2), bitrate=5)  # of another curve
    assert not explorer.effects(other).outlier.any()
    assert explorer.effects(other.replace(bitrate=2)).outlier.all()
    assert explorer.effects(other.replace(bitrate=2).reversed()).outlier.all()
    elsewhere = Direction(exact.turn[3], ends=(1, 2), bitrate=2)  # it does not go that way
    assert not explorer.effects(elsewhere).outlier.any()
    kept = explorer.effects().to_library()
    assert [one.outlier for one in kept.values()] == [False, True, True]
    pure = explorer.purify(explorer.directions()[1], n_latents=4, keep=[1], remove=[0])
    assert explorer.effects(pure).outlier.all()


def test_those_of_other_bitrates_chords_and_curves_are_flagged_too(exact):
    """Three vertices of four lie among the data at 2 bits; at 1 bit, none does, but of its own."""
    near = np.array([exact.turn[0] * 0, exact.turn[0], exact.turn[1], exact.turn[2]])
    far = near.copy()
    far[3] *= 40
    sfvq = SFVQ.from_codebook(near)
    sfvq.codebooks_ = {1: far[[0, 3]], 2: near}
    explorer = LatentDirectionExplorer(sfvq, exact, attributes=read_factors, random_state=0)
    few = {"n_latents": 4, "n_steps": 2}
    assert not explorer.effects(**few).outlier.any()
    coarse = SegmentDirections(sfvq, bitrate=1).fit()
    assert explorer.effects(coarse, **few).outlier.tolist() == [True]
    (one,) = as_directions(coarse, n_features=N_FACTORS)  # it says its bitrate, and no more
    assert explorer.effects(one, **few).outlier.tolist() == [True]
    chords = SegmentDirections(PolylineCurve(far), chords="all").fit()  # of another curve
    marked = explorer.effects(chords, **few)
    assert marked.outlier.tolist() == [3 in ends for ends in chords.ends_.tolist()]
    library = DirectionLibrary(marked.directions)  # where it is not forgotten
    assert explorer.effects(library, **few).outlier.tolist() == marked.outlier.tolist()
    assert explorer.rank(chords, **few).outlier.sum() == 3


def test_directions_say_in_which_space_they_are(make, exact, curve):
    explorer = make()
    assert {one.space for one in explorer.directions()} == {"W"}
    assert {one.space for one in explorer.effects(layers=(0, 1)).directions} == {"W+"}
    assert explorer.effects(layers=(0, 1)).to_library().space == "W+"
    plain = make(generator=lambda latents: exact(np.asarray(latents)))
    assert {one.space for one in plain.directions()} == {"latent"}
    known = Direction(exact.turn[0], name="smile", space="W")
    assert plain.effects(known).directions[0].space == "W"
    for ask in (explorer.effects, lambda one: explorer.edit(np.zeros((1, 6)), one)):
        with pytest.raises(ValueError, match="direction 'smile' must all live in one space; got W"):
            ask(known.replace(space="z"))


def test_the_same_seed_gives_the_same_numbers_in_any_order(make):
    first, second = make(random_state=7), make(random_state=7)
    second.calibrate(n_latents=4)
    second.effects(n_latents=5)
    one, other = first.effects(), second.effects()
    assert (one.effects == other.effects).all()
    assert (first.effects().effects == one.effects).all()
    assert (make(random_state=8).effects().effects != one.effects).any()
    assert (first.calibrate(n_latents=4).strengths == second.calibrate(n_latents=4).strengths).all()


@pytest.mark.parametrize("is_tensor", [False, True])
def test_numpy_and_torch_generators_agree(make, exact, curve, is_tensor):
    class Network(torch.nn.Module):
        latent_shape, n_layers, sample = exact.latent_shape, exact.n_layers, exact.sample

        def forward(self, latents):
            assert isinstance(latents, torch.Tensor)
            return Exact()(latents)

    vertices = torch.from_numpy(np.array(curve.vertices)) if is_tensor else curve.vertices
    network = make(curve=PolylineCurve(vertices), generator=Network().double())
    function = make(generator=as_generator(exact, backend="numpy"))
    assert isinstance(network.vertices(), torch.Tensor) == is_tensor
    np.testing.assert_allclose(network.vertices(), function.vertices(), atol=1e-12)
    one, other = network.effects(amount=0.2), function.effects(amount=0.2)
    np.testing.assert_allclose(one.effects, other.effects, atol=1e-9)
    np.testing.assert_allclose(
        [d.strength for d in one.directions], [d.strength for d in other.directions]
    )


def test_segments_know_the_seed_of_their_curve(make, exact):
    sfvq = SFVQ(2, random_state=7).fit(exact.sample(100, 0))
    from_finder = as_directions(SegmentDirections(sfvq).fit(), n_features=N_FACTORS)
    own = make(curve=sfvq).directions()
    assert {one.seed for one in (*from_finder, *own)} == {7}
    assert [one.source for one in own] == ["SegmentDirections"] * 3
    learnt = RandomDirections(2, random_state=3).fit(exact)
    assert {one.seed for one in as_directions(learnt, n_features=N_FACTORS)} == {3}


def test_all_strengths_go_through_the_generator_together(make, exact):
    explorer = make(attributes=read_factors, batch_size=64)
    explorer.effects(exact.turn[:1], n_latents=16)
    n_calls = exact.n_calls
    explorer.effects(exact.turn[1:2], n_latents=16)
    assert exact.n_calls == n_calls + 1  # 4 strengths of 16 latents; the unmoved ones are known


@pytest.mark.parametrize("batch_size", [16, 64])
def test_an_adapted_generator_learns_the_shape_from_the_curve(batch_size, make, curve):
    function = as_generator(lambda latents: np.tanh(latents)[:, :2], batch_size=batch_size)
    explorer = make(generator=function, attribute_names=["first", "second"], attributes=np.array)
    assert explorer.generator.latent_shape == (curve.n_features,)
    assert explorer.effects(n_latents=4).effects.shape == (curve.n_segments, 2)


def test_attributes_may_be_a_network_or_a_frame(make):
    expected = make().effects()

    class Network(torch.nn.Module):
        def forward(self, outputs):
            assert isinstance(outputs, torch.Tensor)
            return outputs.flatten(1)[:, :N_FACTORS]

    assert (make(attributes=Network()).effects().effects == expected.effects).all()
    pd = pytest.importorskip("pandas")
    framed = make(
        attributes=lambda outputs: pd.DataFrame(read_factors(outputs), columns=NAMES),
        attribute_names=None,
    )
    assert framed.attribute_names == tuple(NAMES)
    np.testing.assert_allclose(framed.effects().effects, expected.effects, atol=1e-12)
    unnamed = make(attribute_names=None)
    assert unnamed.attribute_names[1] == "attribute 1"


def test_attributes_written_for_tensors_do_without_a_curve_of_tensors(make):
    def of_tensors(outputs):
        return torch.stack([outputs.flatten(1)[:, k] for k in range(N_FACTORS)], dim=1)

    np.testing.assert_array_equal(
        make(attributes=of_tensors).effects(n_latents=4).effects,
        make().effects(n_latents=4).effects,
    )


def test_a_finder_and_a_library_are_directions(explorer, exact):
    class Finder:
        directions_, strengths_, names_ = exact.turn[:2], [1.0, 3.0], ["a", "b"]

    effects = explorer.effects(Finder())
    assert [(one.name, one.strength) for one in effects.directions] == [("a", 1.0), ("b", 3.0)]
    library = DirectionLibrary(effects.directions)
    assert (explorer.effects(library).effects == effects.effects).all()
    assert isinstance(effects, Effects)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (
            lambda e: e.effects(np.eye(5)),
            "directions must have 6 features, .*; got 5",
        ),
        (lambda e: e.effects(np.zeros((2, 6))), "no row all zeros"),
        (lambda e: e.effects([]), "directions must"),
        (lambda e: e.effects([1, 2]), "directions must have 6 features, as the curve has; got 2"),
        (lambda e: e.effects_over(None, []), "layer_ranges must hold at least one; got none"),
        (lambda e: e.effects(np.eye(6), n_steps=1), "n_steps must be at least 2; got 1"),
        (lambda e: e.effects(np.eye(6), n_latents=0), "n_latents must be at least 1; got 0"),
        (lambda e: e.effects(np.eye(6), amount=-1), "amount must be positive and finite; got -1"),
        (lambda e: e.rank(np.eye(6), by="beauty"), "by must be one of score, .*; got 'beauty'"),
    ],
)
def test_bad_questions_are_named(ask, said, explorer):
    with pytest.raises(ValueError, match=said):
        ask(explorer)


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ({"attributes": None}, ValueError, "attribute_names belong to attributes"),
        ({"attributes": 3}, TypeError, "attributes must be a function of outputs; got int"),
        ({"identity": "face"}, TypeError, "identity must be a function of outputs; got str"),
        ({"distance": 3}, TypeError, "distance must be a function of two batches"),
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1; got 0"),
        ({"batch_size": 2.5}, TypeError, "batch_size must be a whole number; got 2.5"),
        ({"layers": 3}, ValueError, "names layer 3; there are 3"),
        ({"latents": np.zeros((3, 5))}, ValueError, r"latents must have shape \(n, 6\)"),
        ({"latents": np.zeros((1, 6))}, ValueError, "latents must be at least 2, .* got 1"),
        (
            {"curve": PolylineCurve(np.eye(5))},
            ValueError,
            "curve has 5 features, but",
        ),
        ({"curve": np.eye(6)}, TypeError, "curve must be a PolylineCurve"),
    ],
)
def test_bad_settings_are_named(settings, error, said, make, exact):
    with pytest.raises(error, match=said):
        make(**settings)
    assert exact.n_calls == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"x": 1.0}, "got dict of dtype object"),
        (None, "got NoneType"),
        ("pretty", "got str of dty"),
    ],
)
def test_attributes_that_are_no_numbers_are_named(given, said, make):
    with pytest.raises(TypeError, match=f"attributes must give one row of numbers.*; {said}"):
        make(attributes=lambda outputs: given, attribute_names=None).effects(n_latents=4)


@pytest.mark.parametrize(
    ("attributes", "names", "said"),
    [
        (lambda outputs: outputs[:3, 0, 0], NAMES[:4], "one row of numbers for each of 64"),
        (read_factors, NAMES[:2], "attribute_names must hold 6 names, one an attribute; got 2"),
        (lambda outputs: read_factors(outputs) * np.nan, NAMES, "attributes gives NaN"),
    ],
)
def test_bad_attributes_are_named(attributes, names, said, make):
    with pytest.raises(ValueError, match=said):
        make(attributes=attributes, attribute_names=names).effects()


def test_without_attributes_it_says_what_to_give(make):
    explorer = make(attributes=None, attribute_names=None)
    with pytest.raises(ValueError, match="give the explorer `attributes`"):
        explorer.effects()
    assert explorer.vertices().shape == (12, 1, 3, 4)
    assert explorer.calibrate(n_latents=4).reached.all()


def test_a_strength_outside_the_distribution_is_flagged_and_comes_last(explorer, exact):
    inside = Direction(exact.turn[0], strength=0.5, strength_range=(-1, 1), name="inside")
    outside = Direction(exact.turn[1], strength=2, strength_range=(-1, 1.9), name="outside")
    unknown = Direction(exact.turn[2], strength=9, name="unknown")
    effects = explorer.effects([outside, inside, unknown])
    assert effects.outside.tolist() == [True, False, False]
    assert effects.flags()[0] == "outside"
    assert effects.rank("effect").directions[-1].name == "outside"
    assert effects.rank("purity").directions[-1].name == "outside"
