"""Files that are ours: a name that is given to another file between the look and the opening."""

from __future__ import annotations

import os

import pytest

from freedompay_async.guards import files


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "file"
    path.write_text("ours")
    return path


@pytest.fixture
def meanwhile(monkeypatch, path):
    """Does something when this name has been looked at first, and before it is opened."""

    def build(something) -> None:
        lstat = os.lstat
        to_do = [something]

        def looking(name, **options):
            there = lstat(name, **options)
            # Others ask for names of their own, such as what measures the coverage of these tests.
            if name == str(path) and to_do:
                to_do.pop()()
            return there

        monkeypatch.setattr(os, "lstat", looking)

    return build


def test_a_file_is_read_from_its_descriptor(path):
    with files.reading(str(path)) as file:
        assert os.read(file, 10) == b"ours"
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(file)


def test_another_file_that_takes_its_place_is_refused(path, meanwhile):
    meanwhile(
        lambda: (path.with_name("other").write_text("other"), path.with_name("other").replace(path))
    )
    with pytest.raises(files.NotOurs, match="another file has taken its place"):
        files.open_ours(str(path))


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="links are not told from files there")
def test_a_link_that_takes_its_place_is_not_followed(path, meanwhile):
    def replace():
        path.rename(path.with_name("target"))
        path.symlink_to(path.with_name("target"))

    meanwhile(replace)
    with pytest.raises(OSError, match="symbolic link"):
        files.open_ours(str(path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes there")
@pytest.mark.parametrize("flags", [os.O_RDONLY, os.O_RDWR], ids=["to read", "to write"])
def test_a_pipe_that_takes_its_place_is_waited_for_by_nobody(path, meanwhile, flags):
    meanwhile(lambda: (path.unlink(), os.mkfifo(path)))
    with pytest.raises(files.NotOurs, match="it is a pipe"):
        files.open_ours(str(path), flags)


def test_what_is_not_there_is_nothing(path):
    assert files.look(str(path.with_name("other"))) is None


def test_a_file_that_is_there_is_not_made(path):
    with pytest.raises(FileExistsError):
        files.make(str(path))

    assert path.read_text() == "ours"


def test_where_files_have_no_owner_each_is_ours(path, monkeypatch):
    # As on Windows.
    monkeypatch.delattr(os, "geteuid")

    assert files.look(str(path)) is not None
