"""What holds of every quantiser in a network, the curve and the plain one."""

import copy

import pytest
import torch

from skcurve.nn import Quantized, SpaceFillingVQ, VectorQuantizer


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def make(kind, n_bits=4, dim=4, seed=0, **settings):
    return kind(n_bits, dim, generator=seeded(seed), **settings)


def train(layer, latents, n_steps, batch=100):
    """Pass batches, and update after each."""
    out = None
    for step in range(n_steps):
        out = layer(latents[(step * batch) % len(latents) :][:batch])
        layer.update()
    return out


GRADIENTS = ["diveq", "nsvq", "ste", "rotation"]


@pytest.mark.parametrize("shape", [(4,), (30, 4), (5, 6, 4), (2, 3, 5, 4)])
def test_shapes_follow_the_input(kind, shape):
    out = make(kind)(torch.randn(shape))
    assert isinstance(out, Quantized)
    assert out.quantized.shape == shape
    assert out.index.shape == out.coordinate.shape == shape[:-1]
    assert out.index.dtype == torch.int64
    assert out.loss.shape == out.perplexity.shape == ()


def test_features_may_come_first(kind, latents):
    first, last = make(kind, channel_last=False), make(kind)
    images = latents[:96].reshape(2, 6, 8, 4)
    out, wanted = first(images.movedim(-1, 1)), last(images)
    assert torch.equal(out.quantized, wanted.quantized.movedim(-1, 1))
    assert torch.equal(out.index, wanted.index)
    assert torch.equal(first.decode(out.coordinate), last.decode(wanted.coordinate).movedim(-1, 1))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_the_dtype_of_the_input_comes_back(kind, latents, dtype):
    layer = make(kind)
    train(layer, latents, 3)
    for out in (layer(latents.to(dtype)), layer.eval()(latents.to(dtype))):
        assert out.quantized.dtype == dtype
        assert out.loss.dtype in (torch.float32, torch.float64)
        assert out.perplexity.dtype == torch.float32


def test_autocast_changes_nothing(kind, latents):
    one, other = make(kind), make(kind)
    wanted = train(one, latents, 5)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = train(other, latents, 5)
    assert torch.equal(out.quantized, wanted.quantized)
    assert torch.equal(one.codebook, other.codebook)


@pytest.mark.parametrize("ema", [None, 0.9])
def test_a_layer_in_half_precision_keeps_its_sums_in_single(kind, latents, ema):
    layer = make(kind, ema=ema).to(torch.bfloat16)
    out = train(layer, latents.to(torch.bfloat16) * 30, 10)
    assert out.quantized.dtype == layer.codebook.dtype == torch.bfloat16
    assert torch.isfinite(layer.codebook).all()
    if ema:
        assert layer.memory.known.dtype == layer.memory.fresh.dtype == torch.float32
        error = (layer.eval()(latents * 30).quantized - latents * 30).square().mean()
        assert error < 0.2 * (latents * 30).var()


def test_evaluation_is_the_same_every_time_and_changes_nothing(kind, latents):
    layer = make(kind)
    train(layer, latents, 5)
    before = copy.deepcopy(layer.eval().state_dict())
    first, second = layer(latents), layer(latents)
    assert torch.equal(first.quantized, second.quantized)
    assert float(first.loss) == 0.0
    assert all(torch.equal(before[key], value) for key, value in layer.state_dict().items())


def test_evaluation_passes_gradients_straight_through(kind, latents):
    layer = make(kind)
    train(layer, latents, 5)
    x = latents.clone().requires_grad_()
    out = layer.eval()(x)
    out.quantized.sum().backward()
    assert torch.equal(x.grad, torch.ones_like(x))
    torch.testing.assert_close(out.quantized, layer.decode(out.coordinate))


@pytest.mark.parametrize("gradient", GRADIENTS)
@pytest.mark.parametrize("ema", [None, 0.9])
def test_every_gradient_reaches_the_encoder_and_what_learns(kind, latents, gradient, ema):
    layer = make(kind, gradient=gradient, ema=ema)
    x = latents.clone().requires_grad_()
    out = layer(x)
    (out.quantized.square().mean() + out.loss).backward()
    assert torch.isfinite(x.grad).all() and x.grad.abs().sum() > 0
    if ema is None:
        assert layer.codebook.grad.abs().sum() > 0
    else:
        assert not list(layer.parameters())


@pytest.mark.parametrize("gradient", GRADIENTS)
@pytest.mark.parametrize("ema", [None, 0.9])
def test_training_brings_the_codebook_to_latents_that_moved(kind, latents, gradient, ema):
    layer = make(kind, gradient=gradient, ema=ema)
    layer(latents[:100])  # begins here
    layer.update()
    moved = latents.flip(1) + 1.0
    optimizer = torch.optim.Adam([*layer.parameters(), torch.zeros((), requires_grad=True)], 0.1)

    @torch.no_grad()
    def error():
        layer.eval()
        found = float((layer(moved).quantized - moved).square().mean())
        layer.train()
        return found

    before = error()
    for step in range(80):
        batch = moved[(step * 100) % 600 :][:100]
        out = layer(batch)
        loss = (out.quantized - batch).square().mean() + out.loss
        if ema is None:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        layer.update()
    assert error() < 0.25 * before


def test_a_seed_gives_the_same_bits(kind, latents):
    one, other, another = make(kind), make(kind), make(kind, seed=1)
    outs = [train(layer, latents, 4) for layer in (one, other, another)]
    assert torch.equal(outs[0].quantized, outs[1].quantized)
    assert not torch.equal(outs[0].quantized, outs[2].quantized)


def test_no_global_generator_moves_once_a_layer_is_made(kind, latents):
    layer = make(kind)
    before = torch.get_rng_state()
    train(layer, latents, 60)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("ema", [None, 0.9])
def test_a_loaded_layer_goes_on_as_if_it_had_not_stopped(kind, latents, ema):
    layer = make(kind, ema=ema)
    train(layer, latents, 49)
    layer(latents[:10])  # and rows that no update has seen yet
    other = make(kind, ema=ema, seed=5)
    other.load_state_dict(copy.deepcopy(layer.state_dict()))
    assert other.initialized
    out, wanted = (train(part, latents, 3) for part in (other, layer))
    assert torch.equal(out.quantized, wanted.quantized)
    for key, value in layer.state_dict().items():
        assert torch.equal(value, other.state_dict()[key]), key


def test_a_state_of_another_bitrate_or_size_is_refused(kind):
    layer = torch.nn.Sequential(torch.nn.Identity(), make(kind, n_bits=4))
    wanted = r"1: the state has a codebook of 64 vectors \(6 bits\) of 4 features.*n_bits=4, dim=4"
    with pytest.raises(RuntimeError, match=wanted):
        layer.load_state_dict({"1." + k: v for k, v in make(kind, n_bits=6).state_dict().items()})
    with pytest.raises(RuntimeError, match="of 3 features, but"):
        make(kind).load_state_dict(make(kind, dim=3).state_dict())


def test_a_state_that_lacks_something_is_refused(kind):
    state = make(kind).state_dict()
    for key in ("progress", "memory.fresh", "random.seed"):
        part = {name: value for name, value in state.items() if name != key}
        with pytest.raises(RuntimeError, match=f"Missing key.*{key}"):
            make(kind).load_state_dict(part)
    with pytest.raises(RuntimeError, match=r"Unexpected key.*more"):
        make(kind).load_state_dict({**state, "more": torch.zeros(1)})


def test_the_state_is_of_tensors_and_moves_to_files(kind, latents, tmp_path):
    from safetensors.torch import load_file, save_file

    layer = make(kind)
    train(layer, latents, 3)
    save_file(layer.state_dict(), tmp_path / "layer.safetensors")
    other = make(kind, seed=3)
    other.load_state_dict(load_file(tmp_path / "layer.safetensors"))
    assert torch.equal(other.eval()(latents).index, layer.eval()(latents).index)


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (torch.zeros(3, 5), ValueError, r"dim=4 features on its last axis; got shape \(3, 5\)"),
        (torch.zeros(()), ValueError, r"dim=4 features"),
        (torch.zeros(3, 4, dtype=torch.int64), TypeError, r"floating numbers; got dtype torch.int"),
        ([[1.0] * 4], TypeError, "floating numbers; got list"),
        (torch.zeros(0, 4), ValueError, r"not be empty; got shape \(0, 4\)"),
    ],
)
def test_bad_input_is_refused(kind, x, error, message):
    with pytest.raises(error, match=message):
        make(kind)(x)


def test_the_other_layout_names_its_axis(kind):
    with pytest.raises(ValueError, match=r"dim=4 features on axis 1 \(channel_last=False\)"):
        make(kind, channel_last=False)(torch.zeros(3, 5, 4))


@pytest.mark.parametrize("training", [True, False])
def test_nan_is_refused_and_found(kind, training):
    x = torch.zeros(3, 5, 4)
    x[1, 2, 3], x[2, 0, 0] = torch.nan, -torch.inf
    layer = make(kind).train(training)
    message = r"NaN or infinity in 2 of 15 vectors; the first is nan at x\[1, 2, 3\]"
    with pytest.raises(ValueError, match=message):
        layer(x)
    assert not layer.initialized


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"n_bits": 1}, ValueError, "n_bits must be from 2 to 16; got 1"),
        ({"n_bits": 4.0}, TypeError, "n_bits must be an integer; got 4.0"),
        ({"dim": 0}, ValueError, "dim must be at least 1; got 0"),
        ({"gradient": "gumbel"}, ValueError, "gradient must be one of 'diveq', .* got 'gumbel'"),
        ({"noise": -1.0}, ValueError, r"noise must lie in \[0, inf\); got -1"),
        ({"ema": 1.0}, ValueError, r"ema must lie in \[0, 1\); got 1"),
        ({"ema": "yes"}, TypeError, "ema must be a number; got 'yes'"),
        ({"commitment": float("nan")}, ValueError, "commitment must lie in"),
    ],
)
def test_bad_settings_are_refused(kind, settings, error, message):
    with pytest.raises(error, match=message):
        kind(**{"n_bits": 4, "dim": 4, **settings})


@pytest.mark.filterwarnings("error")
def test_forgetting_to_update_is_noticed(kind, latents):
    layer = make(kind)
    with pytest.warns(UserWarning, match=r"no update\(\).*Call update\(\) after each step"):
        for _ in range(101):
            layer(latents[:5])
    told = make(kind)
    train(told, latents, 101, batch=5)  # no warning
    free = make(kind, ema=None)
    for _ in range(101):
        free(latents[:5])


def test_a_pass_before_training_needs_no_codebook(kind, latents):
    layer = make(kind).eval()
    assert torch.isfinite(layer(latents).quantized).all()
    assert not layer.initialized
    layer.update()  # nothing yet
    layer.train()(latents)
    assert layer.initialized


def test_one_batch_that_overflows_does_no_harm(kind, latents):
    layer = make(kind)
    train(layer, latents, 5)
    before = layer.codebook.clone()
    layer.memory.fresh[3] = torch.inf  # as where nothing looks for it
    layer.update()
    assert torch.isfinite(layer.codebook).all()
    torch.testing.assert_close(layer.codebook, before, rtol=0.1, atol=0.1)
    assert torch.isfinite(layer.memory.known).all()


def test_perplexity_is_that_of_the_package(kind, latents):
    from skcurve.metrics import perplexity

    layer = make(kind)
    out = layer(latents)
    n_places = 15 if kind is SpaceFillingVQ else 16
    usage = torch.bincount(out.index, minlength=n_places).double()
    assert float(out.perplexity) == pytest.approx(perplexity(usage.numpy()), rel=1e-5)


def test_statistics_that_are_forgotten_at_once_are_those_of_the_batch(kind, latents):
    layer = make(kind, ema=0.0)
    train(layer, latents, 3)
    fresh = layer(latents) and layer.memory.fresh.clone()
    layer.update()
    assert torch.equal(layer.memory.known, fresh)
    assert float(fresh[:, -2].sum()) == pytest.approx(len(latents))


def test_the_ends_of_a_codec_agree(kind, latents):
    layer = make(kind)
    out = train(layer, latents, 5)
    out = layer.eval()(latents)
    torch.testing.assert_close(layer.decode(out.coordinate), out.quantized)
    assert torch.equal(layer.decode(torch.arange(15)), layer.vertices[:15])
    with pytest.raises(ValueError, match=r"coordinate must lie in \[0, 15\]; got 15.5"):
        layer.decode(torch.tensor([3.0, 15.5]))


def test_the_settings_are_shown():
    assert "n_bits=5, dim=3, gradient='ste'" in repr(VectorQuantizer(5, 3, gradient="ste"))
