"""A file is the new one whole, or the old one."""

import os
import stat

import pytest

from skcurve.files import is_stream, replace_file


def test_a_file_that_cannot_be_finished_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def refuse(source, target):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match="disk full"):
        replace_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_a_new_file_replaces_the_old_one(tmp_path):
    path = tmp_path / "file"
    for content in (b"old", b"new"):
        replace_file(path, content)
        assert path.read_bytes() == content
    assert os.listdir(tmp_path) == ["file"]


def test_the_file_can_be_read_by_those_who_could_read_any_new_one(tmp_path):
    (tmp_path / "plain").write_bytes(b"")
    replace_file(tmp_path / "file", b"")
    modes = {name: stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "file")}
    assert modes["file"] == modes["plain"]


def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "file").chmod(0o600)
    replace_file(tmp_path / "file", b"new")
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o600


def test_a_link_is_followed(tmp_path):
    (tmp_path / "link").symlink_to("file")
    replace_file(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_bytes() == b"new"


def test_what_is_no_file_is_written_to_and_stays(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert is_stream(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    replace_file(pipe, b"new")
    assert os.read(reader, 9) == b"new"
    os.close(reader)
    assert is_stream(pipe) and os.listdir(tmp_path) == ["pipe"]


def test_a_file_a_folder_and_nothing_are_no_streams(tmp_path):
    (tmp_path / "file").touch()
    assert not any(map(is_stream, [tmp_path, tmp_path / "file", tmp_path / "nothing"]))


@pytest.mark.parametrize(
    ("name", "error", "reason"),
    [
        ("no/such/file", FileNotFoundError, "there is no folder .*such"),
        ("folder", IsADirectoryError, "'folder' is a folder; expected a file"),
        ("plain/file", NotADirectoryError, "plain' is not a folder"),
        ("dangling", FileNotFoundError, "there is no folder .*gone"),
        ("n" * 300, OSError, "too long: 'n{300}'$"),
    ],
)
def test_an_error_names_the_path_as_it_was_given(tmp_path, monkeypatch, name, error, reason):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "plain").touch()
    (tmp_path / "dangling").symlink_to("gone/file")
    before = sorted(os.listdir(tmp_path))
    with pytest.raises(error, match=reason) as told:
        replace_file(name, b"new")
    assert repr(name) in str(told.value)
    assert sorted(os.listdir(tmp_path)) == before
