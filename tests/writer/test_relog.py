# SPDX-License-Identifier: MIT
"""Real events, taken apart by the reader and written again by the writer, have the very bytes that they had."""

import os
import subprocess

import pytest

# And how many events each holds.
CORPUS = {
    "ab_AMSITrace": 21,
    "ab_ShutdownPerfDiagLogger": 17078,
    "diaghub.kernel.1": 16335,
    "diaghub.user_injected.1": 4,
    "gcevents": 71,
    "krabs_powershell": 114,
    "net.4.5.2.x86": 168298,
    "pktmon": 467,
    "pv_SelfDescribingSingleEvent": 23,
    "pw_eventlog": 47,
    "pyetw_out": 114,
    "pyetwkit_sample": 149,
    "sb_image_data_32_v0": 27,
    "sb_image_data_32_v1": 27,
    "sb_image_data_32_v2": 27,
    "sb_process_data_32_v1": 3,
    "sb_process_data_32_v3": 9,
    "tx_HTTP_Server": 2042,
    "tx_KernelNetwork": 8924,
    "tx_WsRm01": 71,
    "wpp_CldFlt0": 17,
    "wpp_waasmedic": 21,
}
WINDOWS_7 = ("pyetw_out", "sb_", "tx_HTTP_Server", "tx_KernelNetwork")
SAMPLES = {
    "plain": "",
    "32_bit": "--pointer-size 4 --clock cpu",
    "windows_7": "--windows 7 --clock system",
    "many_processors": "--processors 64 --compress",
}


@pytest.fixture(scope="module")
def relog(build):
    program = build / "tests" / "writer" / ("relog.exe" if os.name == "nt" else "relog")
    assert program.is_file(), f"{program} is not built"

    def relog(path, form):
        done = subprocess.run([program, path, form], capture_output=True, timeout=300)
        assert done.returncode == 0, done.stderr.decode(errors="replace")[-3000:]
        return int(done.stdout)

    return relog


@pytest.mark.parametrize("name", CORPUS)
def test_real_events(relog, corpus, name):
    path = corpus / "etl" / f"{name}.etl"
    assert relog(path, "plain") == CORPUS[name]
    if not name.startswith(WINDOWS_7):  # whose files know no compression
        assert relog(path, "compressed") == CORPUS[name]


@pytest.mark.parametrize("name", SAMPLES)
def test_events_of_our_own(relog, run, tmp_path, name):
    path = tmp_path / "sample.etl"
    run("sample", "-o", path, "--events", "2000", *SAMPLES[name].split())
    assert relog(path, "plain") > 2000
    if name != "windows_7":
        assert relog(path, "compressed") > 2000
