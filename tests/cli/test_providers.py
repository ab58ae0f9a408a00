# SPDX-License-Identifier: MIT
"""providers: which of them are listed, in which words, from where."""

import json
import os
import shutil

import pytest

ORDERS = "7f3c2a10-5b64-4e0d-9d1c-2a6f0d1b9e55"
SHOP = "0b9c7a52-2a3e-4c39-8d5f-9f6f4d0e1c11"


@pytest.fixture
def folder(root, tmp_path):
    """Two manifests: examples/orders.man, and one like it of another provider."""
    path = tmp_path / "schemas"
    path.mkdir()
    text = (root / "examples" / "orders.man").read_text(encoding="utf-8")
    (path / "orders.man").write_text(text, encoding="utf-8")
    (path / "shop.man").write_text(
        text.replace(ORDERS, SHOP).replace("Contoso-Orders", "Contoso-Shop-Überall"), "utf-8"
    )
    (path / "notes.txt").write_text("not a schema")
    return path


def names(run, *arguments, **options):
    lines = run("providers", "--no-pack", "--json", *arguments, **options).stdout.decode("utf-8").splitlines()
    return [json.loads(line)["provider_name"] for line in lines]


def test_all(run, folder):
    done = run("providers", "--no-pack", "--schema", folder)
    assert done.stdout.decode("utf-8").splitlines() == [
        "GUID                                  EVENTS  SOURCE      PROVIDER",
        f"{ORDERS}       3  orders.man  Contoso-Orders",
        f"{SHOP}       3  shop.man    Contoso-Shop-Überall",
    ]
    assert done.stderr == b""


def test_json(run, folder):
    one, _ = map(json.loads, run("providers", "--no-pack", "--json", "--schema", folder).stdout.splitlines())
    assert one == {
        "provider_name": "Contoso-Orders",
        "provider_id": ORDERS,
        "events": 3,
        "source": "manifest",
        "path": str(folder / "orders.man"),
    }


@pytest.mark.parametrize(
    ("patterns", "want"),
    [
        (["orders"], ["Contoso-Orders"]),
        (["CONTOSO-"], ["Contoso-Orders", "Contoso-Shop-Überall"]),
        (["*-o?ders"], ["Contoso-Orders"]),
        (["contoso-*"], ["Contoso-Orders", "Contoso-Shop-Überall"]),
        (["*shop-?berall"], ["Contoso-Shop-Überall"]),
        (["überall", "orders"], ["Contoso-Orders"]),  # the case of ASCII letters alone is passed by
        ([SHOP.upper()], ["Contoso-Shop-Überall"]),
        (["{" + ORDERS + "}"], ["Contoso-Orders"]),
    ],
)
def test_patterns(run, folder, patterns, want):
    assert names(run, *patterns, "--schema", folder) == want


@pytest.mark.parametrize("pattern", ["orders*", "?ontoso", "nobody", SHOP.replace("0", "1")])
def test_nothing(run, folder, pattern):
    done = run("providers", "--no-pack", pattern, "--schema", folder, code=2)
    assert done.stdout == b"" and b"no known provider is called" in done.stderr and pattern.encode() in done.stderr


def test_hints(run, folder):
    done = run("providers", "--no-pack", "contoso-ordres", "--schema", folder, code=2)
    assert b"did you mean 'Contoso-Orders'?" in done.stderr
    done = run("providers", "--no-pack", code=2)
    assert b"no provider is known" in done.stderr and b"--schema" in done.stderr


def test_the_first_file_comes_first(run, root, folder):
    other = folder / "other.man"
    shutil.copy(folder / "orders.man", other)
    for first, second in ((folder / "orders.man", other), (other, folder / "orders.man")):
        done = run("providers", "--no-pack", "--json", "--schema", first, "--schema", second)
        assert [json.loads(line)["path"] for line in done.stdout.splitlines()] == [str(first), str(second)]


@pytest.mark.posix("XDG_DATA_HOME; tests/windows/test_places.py")
def test_default_places(run, folder, tmp_path):
    own = tmp_path / "data" / "etwkit" / "schemas"
    own.mkdir(parents=True)
    shutil.copy(folder / "orders.man", own)
    here = {**os.environ, "XDG_DATA_HOME": str(tmp_path / "data"), "HOME": str(tmp_path)}
    assert names(run, env=here) == ["Contoso-Orders"]
    listed = {**here, "ETWKIT_SCHEMA_PATH": os.pathsep.join(["", str(folder / "shop.man"), ""])}
    assert names(run, env=listed) == ["Contoso-Orders", "Contoso-Shop-Überall"]
    wrong = {**listed, "ETWKIT_SCHEMA_PATH": str(folder / "no.man")}
    done = run("providers", "--no-pack", env=wrong)
    assert done.stderr.decode() == f"etwkit: ETWKIT_SCHEMA_PATH names {folder / 'no.man'}, which is not there\n"


def test_traces_in_default_places_are_no_damage(run, folder, sample, windows):
    """They lend their descriptions to dump and info; the library cannot ask them."""
    both = {**os.environ, "ETWKIT_SCHEMA_PATH": (";" if windows else ":").join([str(sample), str(folder)])}
    done = run("providers", "--no-pack", "orders", env=both)
    assert done.stderr == b"" and b"Contoso-Orders" in done.stdout
    run("dump", sample, "--limit", "1", env=both)


def test_files_that_cannot_be_read(run, folder, sample):
    for path, words in (
        (folder / "no.man", b"no.man"),
        (folder / "notes.txt", b"neither a manifest, nor a"),
        (sample, b"neither a manifest, nor a"),
    ):
        done = run("providers", "--no-pack", "--schema", folder, "--schema", path, code=3)
        assert done.stdout == b"" and words in done.stderr


def test_damage_is_told(run, folder):
    whole = (folder / "orders.man").read_bytes()
    (folder / "orders.man").write_bytes(
        whole.replace(b'<opcode name="Cancel" value="11"/>', b'<opcode name="x" value="y"/>')
    )
    done = run("providers", "--no-pack", "--schema", folder, code=1)
    assert b"orders.man: line 13, column 14" in done.stderr and b"Contoso-Orders" in done.stdout


def test_names_command_nothing(run, folder):
    text = (folder / "orders.man").read_text(encoding="utf-8")
    (folder / "orders.man").write_text(text.replace("Contoso-Orders", "Con\u202etoso\x9b31m"), encoding="utf-8")
    done = run("providers", "--no-pack", "--schema", folder)
    assert rb"Con\u202etoso\x9b31m" in done.stdout
    assert "Con\u202etoso\x9b31m" in names(run, "--schema", folder)


def test_output(run, folder, tmp_path):
    run("providers", "--no-pack", "--schema", folder, "-o", tmp_path / "list.txt")
    assert (tmp_path / "list.txt").read_bytes() == run("providers", "--no-pack", "--schema", folder).stdout
    done = run("providers", "--no-pack", "--schema", folder / "orders.man", "-o", folder / "orders.man", code=2)
    assert b"write to another file" in done.stderr


@pytest.mark.posix("what other systems say; tests/windows")
def test_installed_ones_are_those_of_windows(run):
    done = run("providers", "--installed", "dns", code=2)
    assert b"Windows alone" in done.stderr and b"'etwkit providers'" in done.stderr and done.stdout == b""
    done = run("providers", "--installed", "--no-pack", code=2)
    assert b"without --schema and --no-pack" in done.stderr
