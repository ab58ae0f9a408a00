# SPDX-License-Identifier: MIT
"""etwkit processes: the tree, what is told of each process, their images, options, damage."""

import json

import pytest


@pytest.fixture(scope="module")
def processes(run):
    def processes(*arguments, code=0):
        return [json.loads(line) for line in run("processes", "--json", *arguments, code=code).stdout.splitlines()]

    return processes


def events_of(dump, sample, task):
    for event in dump(sample, "--event", f"{task}/*"):
        yield event["event_name"].partition("/")[2], event, event["properties"]


def test_what_is_told_of_each(processes, dump, sample):
    told, ended = {}, {}
    for what, event, values in events_of(dump, sample, "Process"):
        if what in ("Start", "DCStart"):
            told[values["ProcessId"], event["timestamp"] if what == "Start" else None] = values
        if what == "End":
            ended[values["ProcessId"]] = event["timestamp"], values["ExitStatus"] & 0xFFFFFFFF
    found = processes(sample)
    assert len(found) >= len(told) > 50
    for one in found:
        values = told.get((one["process_id"], one["start_time"]))
        if not values:
            continue
        assert one["name"] == values["ImageFileName"] and one["command_line"] == (values["CommandLine"] or None)
        assert one["parent_process_id"] == values["ParentId"]
        assert one["session_id"] == values["SessionId"] and one["user_sid"] == values["UserSID"]
        if one["start_time"]:
            assert (one["end_time"], one["exit_status"]) == ended.get(one["process_id"], (None, None))


def test_a_parent_stands_before_its_children(processes, sample, run):
    seen = set()
    found = processes(sample)
    for one in found:
        if one["parent_start_time"]:
            assert (one["parent_process_id"], one["parent_start_time"]) in seen
            assert one["parent_start_time"] <= one["start_time"]
        seen.add((one["process_id"], one["start_time"]))
    lines = run("processes", sample).stdout.decode().splitlines()
    assert [int(line[:7]) for line in lines[1:]] == [one["process_id"] for one in found]
    column = lines[0].index("PROCESS")
    depths = [len(line[column:]) - len(line[column:].lstrip()) for line in lines[1:]]
    for depth, one in zip(depths, found, strict=True):
        assert not one["parent_start_time"] or depth > 0


def test_images(processes, dump, sample, run):
    loads = {}
    for what, event, values in events_of(dump, sample, "Image"):
        if what == "Load":
            loads[values["ProcessId"], values["ImageBase"], event["timestamp"]] = values
    found = {
        (one["process_id"], image["base"], image["load_time"]): image
        for one in processes(sample)
        for image in one["images"]
    }
    assert len(loads) > 100
    for key, values in loads.items():
        image = found.get(key)
        assert image, key
        assert image["path"] == values["FileName"]
        assert image["size"] == int(str(values["ImageSize"]), 0)
        assert not image["unload_time"] or image["unload_time"] >= image["load_time"]
    assert any(image["unload_time"] for image in found.values())
    text = run("processes", sample, "--images").stdout.decode()
    assert len(text.splitlines()) == 1 + len(processes(sample)) + len(
        [i for one in processes(sample) for i in one["images"]]
    )


def test_some_of_them(processes, sample, run):
    names = [one["name"] for one in processes(sample, "--name", "CURL*", "--name", "git")]
    assert set(names) == {"curl.exe", "git.exe"}
    assert [one["process_id"] for one in processes(sample, "--pid", "4,700-720")] == [4, 712]
    assert b"--pid wants numbers" in run("processes", sample, "--pid", "7-", code=2).stderr
    assert b"is such a one" in run("processes", sample, "--name", "nobody").stderr


def test_damage_is_told(processes, damaged, run, tmp_path):
    assert len(processes(damaged, code=1)) > 10
    (tmp_path / "x.etl").write_bytes(b"x" * 100)
    run("processes", tmp_path / "x.etl", code=3)


def test_a_trace_with_neither(run, corpus):
    done = run("processes", corpus / "etl" / "tx_HTTP_Server.etl")
    assert done.stdout == b"" and b"no event tells of a process" in done.stderr


def test_real_traces(processes, dump, corpus):
    for name, count, images in (("diaghub.kernel.1.etl", 241, 14000), ("net.4.5.2.x86.etl", 36, 1800)):
        path = corpus / "etl" / name
        found = processes(path)
        ids = {event["properties"]["ProcessId"] for event in dump(path, "--event", "Process/*Start")}
        assert ids <= {one["process_id"] for one in found} and len(found) >= count
        loaded = [image for one in found for image in one["images"]]
        assert len(loaded) > images
        (system,) = (one for one in found if one["process_id"] == 4)
        assert system["name"] == "System" and any(
            i["path"].endswith("ntoskrnl.exe") for one in found for i in one["images"]
        )


def test_only_images(processes, corpus):
    """Processes that image events alone tell of."""
    for version in (0, 1, 2):
        found = processes(corpus / "etl" / f"sb_image_data_32_v{version}.etl")
        assert len(found) == 1 and found[0]["name"] is None
        assert len(found[0]["images"]) == 25 - (found[0]["images"][-1]["load_time"] is None)
