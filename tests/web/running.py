# SPDX-License-Identifier: MIT
"""The service of examples/python/web as a child process, and a plain client of it and of its server-sent events."""

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request

PATIENCE = 120  # seconds, until a thing that hangs is a failure
AT_THE_END = 45  # less than the 60 that aiohttp waits for requests that do not end


class Service:
    """Started on a free port, or that one; `setup` is Python that runs before, with its module as `service`."""

    def __init__(self, folder, file, setup="", port=0):
        lines = ["import sys", f"sys.path.insert(0, {str(folder)!r})", "import service", setup, "service.main()"]
        program = ["-c", "\n".join(lines)] if setup else [folder / "service.py"]
        command = [sys.executable, "-u", *program, file, "--port", str(port)]
        self.file = file
        self._said = file.with_suffix(".txt")
        with self._said.open("w") as errors:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        line = self._process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        assert found, line + self.errors()
        self.url, self.port = found[0], int(found[1])

    def errors(self):
        return self._said.read_text()

    def get(self, path):
        """The status and the text of an answer."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.read().decode()

    def live(self):
        return Stream(self.url + "/live")

    def deaf(self):
        """A browser that watches and reads nothing: its socket, and what came of the answer until the headers' end."""
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(PATIENCE)
        client.connect(("127.0.0.1", self.port))
        client.sendall(b"GET /live HTTP/1.0\r\n\r\n")  # 1.0: the answer is not cut into chunks
        while client.recv(1, socket.MSG_PEEK) and not (head := client.recv(4096, socket.MSG_PEEK)).count(b"\r\n\r\n"):
            pass
        client.recv(head.index(b"\r\n\r\n") + 4)
        return client

    def stop(self, by=signal.SIGTERM):
        """Its exit code."""
        if self._process.poll() is None:
            self._process.send_signal(by)
        try:
            return self._process.wait(AT_THE_END)
        finally:
            self._process.stdout.close()

    def end(self):
        """Whatever happened."""
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()


def messages(lines):
    """(event, data) of each server-sent event; of a comment (":", its text)."""
    name, data = "message", []
    for line in lines:
        field, _, value = line.decode().rstrip("\n").partition(":")
        if field == "event":
            name = value.strip()
        elif field == "data":
            data.append(value.strip())
        elif data:
            yield name, "\n".join(data)
            name, data = "message", []
        elif line == b":\n":
            yield ":", ""


class Stream:
    """What the service says live."""

    def __init__(self, url):
        self._answer = urllib.request.urlopen(url, timeout=PATIENCE)
        assert self._answer.headers["Content-Type"] == "text/event-stream"
        self._messages = messages(self._answer)

    def next(self):
        """The next message: (event, data)."""
        return next(self._messages)

    def until(self, done):
        """The events up to the first for which this is so."""
        events = []
        while not events or not done(events[-1]):
            name, data = self.next()
            if name == "message":
                events.append(json.loads(data))
            else:
                assert name == ":", name  # nothing is lost
        return events

    def close(self):
        self._answer.close()


def begins(path):
    return lambda event: event["properties"].get("path") == path
