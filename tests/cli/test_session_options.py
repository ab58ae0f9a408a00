# SPDX-License-Identifier: MIT
"""Sessions of Windows where there are none: each option is refused with what works here, mistakes are told first. That
they do what they should is for tests/windows, under Wine."""

import pytest

pytestmark = pytest.mark.posix("Windows has sessions of its own; tests/windows")

PROVIDED = ("--provider", "Test.A")
OPTIONS = [
    ("--kernel", "process"),
    ("--attach", "NT Kernel Logger"),
    ("--kernel", "cswitch", "--stack", "cswitch"),
    ("--kernel", "profile", "--profile-interval", "1ms"),
    ("--kernel", "process", "--nt-kernel-logger"),
    (*PROVIDED, "--name", "mine"),
    (*PROVIDED, "--existing", "adopt"),
    (*PROVIDED, "--buffer-size", "128K"),
    (*PROVIDED, "--buffers", "64-256"),
    (*PROVIDED, "--flush", "100"),
    (*PROVIDED, "--id", "1,2"),
    (*PROVIDED, "--event", "Done"),
    (*PROVIDED, "--pid", "4"),
    (*PROVIDED, "--program", "app.exe"),
    (*PROVIDED, "--where", "7 Status != 0"),
    (*PROVIDED, "--add", "stack,user"),
    (*PROVIDED, "--capture-state"),
    (*PROVIDED, "--for", "10s"),
]


@pytest.fixture(params=["listen", "record"])
def command(request, tmp_path):
    """The subcommand with what it needs in any case."""
    return ["listen"] if request.param == "listen" else ["record", "-o", tmp_path / "a.etl"]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_each_is_refused_with_what_works_here(run, command, options):
    done = run(*command, *options, code=2)
    said = done.stderr.decode()
    assert done.stdout == b"" and f"'etwkit {command[0]}" in said and "-- COMMAND'" in said
    assert "Windows' alone" in said and any(word in said for word in options if word.startswith("--"))


def test_providers_alone_want_a_command(run, command):
    assert b"no COMMAND was given" in run(*command, *PROVIDED, code=2).stderr


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_none_goes_with_a_command(run, command, options, tmp_path):
    done = run(*command, *options, "--", "echo", "ran", code=2)
    assert b"run without COMMAND" in done.stderr and done.stdout == b"" and not (tmp_path / "a.etl").exists()


def test_every_option_is_tried(run):
    """Those of the help, below the heading of such sessions."""
    text = run("listen", "--help").stdout.decode()
    listed = text[text.index("Sessions of Windows") :].split("\n\n")[0]
    named = {word for line in listed.splitlines() for word in line.split()[:2] if word.startswith("--")}
    tried = {word for options in OPTIONS for word in options if word.startswith("--")} - {"--provider"}
    assert named == tried


def test_sessions_can_be_listed_and_stopped_elsewhere(run):
    for arguments in (["--json"], ["list", "--ours"], ["stop", "--ours"], ["stop", "a", "b"]):
        assert b"no sessions of the system here" in run("sessions", *arguments, code=2).stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["frob"], "not 'frob'"),
        (["list", "x"], "not 'x'"),
        (["stop"], "stop which"),
        (["stop", "a", "--ours"], "either names"),
        (["stop", "a", "--json"], "for list"),
    ],
    ids=str,
)
def test_mistakes_of_sessions(run, arguments, said):
    assert said in run("sessions", *arguments, code=2).stderr.decode()
